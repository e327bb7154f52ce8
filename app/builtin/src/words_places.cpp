#include "words.h"

namespace builtin {

void add_place_words(WordLists& lists) {
    auto add = [&](std::string_view name, std::string_view text) { add_words(lists, name, text); };
    auto phrases = [&](std::string_view name, std::string_view text) { add_words(lists, name, text, '/'); };
    add("town_head",
        R"(Alder, Ash, Beck, Birch, Black, Brook, Cold, Crow, Dun, East, Elm, Fair, Fern, Glen, Green, Hart,
        Hazel, High, King, Lang, Little, Long, Mill, Moor, New, North, Oak, Old, Red, Rook, Salt, Sand, Silver, South,
        Stone, Swan, Thorn, West, White, Wind, Winter, Wolf, Wood, Wren)");
    add("town_tail",
        R"(bridge, brook, burn, bury, combe, dale, fell, field, ford, gate, ham, haven, hill, hurst, land,
        ley, minster, mouth, port, stead, stoke, ton, wick, worth)");
    add("town", "{town_head}{town_tail}");
    add("river",
        R"(Arden, Bourne, Calder, Dove, Esk, Fal, Greta, Hodder, Isbourne, Kennet, Lune, Medway, Nene, Ouse,
        Rother, Stour, Tamar, Ure, Wharfe, Yare, Lark, Mole, Ash, Sorrel)");
    add("street_head",
        R"(Mill, Church, Station, Park, Bridge, Market, Castle, Garden, High, Orchard, Harbour, School,
        Victoria, Queen, King, Rose, Maple, Elm, Abbey, Forest, Spring, Temple, Cherry, Baker, Cooper)");
    add("street", "{street_head} [Street|Road|Lane|Avenue|Street|Square]");
    add("building",
        R"(library, museum, church, school, station, hospital, town hall, theatre, castle, post office,
        police station, market hall, cinema, swimming pool, fire station, lighthouse, factory, bakery, stadium, gallery,
        bank, chapel, observatory, concert hall, bus station, university, court, old mill, abbey, harbour office)");
    add("room",
        R"(kitchen, bedroom, bathroom, hall, living room, dining room, attic, cellar, study, nursery, pantry,
        garage, guest room, office, workshop, library, laundry room)");
    add("outdoors",
        R"(forest, beach, meadow, hill, valley, lake, river, mountain, island, field, park, garden, canal,
        cliff, harbour, orchard, moor, desert, cave, waterfall, marsh, bay, village green, vineyard, quarry, dunes,
        pond, stream, woods, coast path)");
    add("where",
        R"(in the garden, by the river, at the station, in the park, at school, on the beach, in the kitchen,
        near the bridge, at the market, in the library, behind the house, under the old oak, at the bus stop, in the
        village, on the hill, beside the lake, in front of the shop, at the harbour, on the corner, in the square,
        at the end of the road, in the hall, outside the church, at the edge of the wood, in the barn, on the roof,
        next to the well, by the fire, in the attic, at the gate)");
    add("shop",
        R"(bakery, bookshop, butcher's, chemist's, florist's, toy shop, shoe shop, greengrocer's, hardware shop,
        sweet shop, jeweller's, fishmonger's, pet shop, clothes shop, music shop, corner shop, antique shop,
        furniture shop, stationer's, newsagent's, cheese shop, tea shop, bicycle shop, garden centre)");
    add("eatery", R"(restaurant, pub, coffee shop, cafe, bistro, bar, diner, tea room, brasserie, grill, inn,
        snack bar, pizzeria, steak house, noodle bar, canteen)");
    add("venue_adj",
        R"(Golden, Silver, Blue, Green, Red, White, Black, Old, Little, Royal, Hungry, Happy, Lucky, Dancing,
        Singing, Sleepy, Copper, Crooked, Quiet, Merry, Laughing, Hidden, Flying, Painted, Velvet, Wandering, Rusty,
        Brass, Ivory, Scarlet, Amber, Purple, Salty, Wild, Thirsty, Jolly)");
    add("venue_noun",
        R"(Lion, Swan, Fox, Anchor, Crown, Bell, Ship, Lantern, Oak, Rose, Bear, Horse, Kettle, Spoon,
        Dragon, Elephant, Lemon, Olive, Pear, Mill, Bridge, Barrel, Plough, Wheel, Castle, Garden, Goose, Otter, Owl,
        Peacock, Pigeon, Rabbit, Rooster, Salmon, Star, Sun, Moon, Teapot, Tiger, Turtle, Whale, Willow, Wolf, Badger,
        Candle, Fig, Hare, Harp, Ivy, Key, Lamb, Lobster, Mermaid, Orchard, Pepper, Raven, Stag, Thistle, Windmill,
        Eagle, Phoenix, Cricket, Vine, Wok, Palace, Punter, Table)");
    add("syllable",
        R"(ba, be, bo, ca, co, da, di, do, fa, fe, ga, go, la, le, li, lo, lu, ma, me, mi, mo, na, ni, no,
        pa, pe, po, ra, ri, ro, sa, se, so, ta, te, ti, to, va, ve, vi, za, zi, shi, cha, tra, bri, del, ster, lan, mar,
        ton, zan, ren, vel, kor, tan, bel, san, fal, mun)");
    add("invented", "{syllable.cap}{syllable}[|{syllable}|{syllable}]");
    phrases("venue", R"(The {venue_adj} {venue_noun} / The {venue_adj} {venue_noun} / The {venue_noun} /
        The {venue_noun} and {venue_noun} / {invented} / {invented} / {name_f}'s [Kitchen|Cafe|Place|Table] /
        {name_m}'s [Grill|Diner|Corner|Bar] / {surname}'s / Cafe {invented} / {invented} House /
        {town} [Inn|Arms|Tavern] / The {street_head} [Kitchen|Room|Rooms|House|Bar] / {venue_adj} {venue_noun} /
        {cuisine} [House|Palace|Corner|Garden])");
    phrases("hotel_name",
            R"(The {venue_adj} {venue_noun} Hotel / Hotel {invented} / The {town} Hotel / The Grand {town} /
        {surname}'s Hotel / The {river} Lodge / {street_head} House / The {venue_noun} Guest House / Villa {invented})");
    add("area",
        R"(riverside, city centre, old town, harbour, market square, station quarter, north side, west end,
        suburbs, village, waterfront, shopping district, university quarter, seafront)");
    phrases(
        "area_at",
        R"(in the city centre / by the riverside / in the riverside area / in the old town / near the harbour
        / on the market square / close to the station / in the suburbs / on the seafront / in the west end / beside the river
        / in the centre of {town} / on {street} / in the heart of the city / a short walk from the station /
        on the edge of the city / in a quiet side street)");
    add("price_word", R"(cheap, moderate, expensive, low, high, average, reasonable, fair, steep)");
    phrases("price_phrase",
            R"(a cheap price range / a moderate price range / a high price range / low prices / high prices /
        average prices / fair prices / meals for less than £20 / dishes for £20 to £25 / dinners for more than £30 /
        main courses from £{price} / reasonable prices / very affordable prices / set lunches for £{price})");
    add("price", "5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 24, 25, 28, 30, 32, 35, 40, 45");
    phrases(
        "rating_phrase",
        R"(a high customer rating / a low customer rating / an average customer rating / a customer rating of 5
        out of 5 / a customer rating of 3 out of 5 / a rating of 1 out of 5 / a customer rating of 4 out of 5 / five stars /
        three stars / only one star / excellent reviews / poor reviews / mixed reviews)");
    add("vehicle",
        R"(bus, train, car, bicycle, boat, van, lorry, tram, taxi, ferry, ship, plane, motorbike, tractor,
        cart, scooter, canoe)");
    add("travel",
        R"(by bus, by train, by car, by bicycle, by boat, on foot, by tram, by taxi, by ferry, by plane)");
    add("hotel_feature",
        R"(a heated pool, free parking, a large garden, a quiet library, a sauna, a roof terrace,
        a playground, a bar with live music, free bicycles, a gym, fast internet, a view of the sea,
        a view of the mountains, a breakfast room, a lift, a tennis court, a fireplace in the lounge, a small cinema)");
    add("house_feature",
        R"(a small balcony, a stone fireplace, a red front door, wooden floors, large windows, a green
        roof, a narrow staircase, a long garden, white walls, a spare room, a rusty gate, an apple tree by the wall,
        a blue letter box, a creaking floor, a cosy kitchen, high ceilings, a view of the river)");
    add("town_feature",
        R"(a stone bridge, a weekly market, a famous clock tower, a ruined castle, a small harbour, a busy square,
        a narrow main street, a tall church, a steam railway, an old mill, a wide beach, a museum of toys, a glass factory,
        a tall fountain, a botanical garden, a cathedral, a football ground, a row of painted houses, a lighthouse)");
}

}  // namespace builtin
