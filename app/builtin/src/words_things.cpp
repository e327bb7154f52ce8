#include "words.h"

namespace builtin {

void add_thing_words(WordLists& lists) {
    auto add = [&](std::string_view name, std::string_view text) { add_words(lists, name, text); };
    add("colour",
        R"(red, blue, green, yellow, black, white, brown, grey, orange, purple, pink, silver, golden, cream,
        turquoise, dark blue, pale green, bright red, light grey, beige)");
    add("size",
        "small, large, tiny, huge, big, little, enormous, medium, narrow, wide, short, long, heavy, light");
    add("material",
        R"(wood, metal, glass, stone, leather, paper, cotton, wool, plastic, silver, iron, clay, silk, brass,
        copper, rubber, straw, bamboo, marble, velvet, steel, linen, tin, ivory)");
    add("thing_adj",
        R"(old, new, broken, beautiful, dusty, shiny, strange, heavy, simple, useful, ugly, rare, cheap,
        valuable, plain, elegant, round, square, wooden, rusty, soft, fragile, sturdy, smooth, rough, painted, empty,
        precious, modern, ancient, comfortable, unusual, lovely, worn, sharp, colourful)");
    add("thing",
        R"(key, lamp, clock, book, box, ring, map, basket, letter, mirror, umbrella, watch, bottle, candle,
        camera, hammer, kettle, knife, ladder, pencil, picture, pillow, radio, rope, spoon, table, torch, vase, wallet,
        bag, ball, bell, blanket, bowl, broom, brush, bucket, button, carpet, chair, coin, comb, cup, curtain, cushion,
        desk, doll, drum, envelope, fan, flag, flute, fork, guitar, jar, jug, kite, lantern, magnet, medal, needle,
        notebook, padlock, parcel, pen, piano, plate, pot, purse, puzzle, razor, ribbon, saw, screw, shell, shovel,
        stamp, statue, stool, suitcase, sword, telescope, tent, thimble, towel, toy, tray, trumpet, typewriter, violin,
        whistle, compass, diary, drawer, bookcase, chest, cradle, anchor, barrel, wheel, oar, saddle, globe, kettle)");
    add("hard_material",
        "wood, oak, pine, metal, glass, iron, bamboo, steel, walnut, brass, plastic, cherry wood");
    add("fur_colour", "brown, grey, black, white, reddish brown, dark brown, dark grey, light brown");
    add("small_thing",
        R"(key, ring, coin, watch, button, letter, ticket, purse, wallet, phone, necklace, pen, glove, map,
        bracelet, whistle, notebook, stamp, shell, medal, brooch, passport, photograph, compass)");
    add("tool",
        R"(hammer, saw, spanner, screwdriver, drill, ladder, paintbrush, rake, spade, axe, chisel, wheelbarrow,
        hose, pair of pliers, torch, needle, broom, mop, shovel, file)");
    add("furniture",
        R"(table, chair, bed, sofa, wardrobe, desk, bookcase, cupboard, armchair, bench, lamp, shelf, stool,
        chest of drawers, mirror, rug, carpet, piano, clock, sideboard)");
    add("container",
        "box, bag, basket, jar, drawer, bottle, bowl, cupboard, suitcase, bucket, tin, crate, sack, chest");
    add("instrument",
        R"(piano, violin, guitar, flute, drum, trumpet, cello, harp, clarinet, accordion, banjo, oboe, organ,
        saxophone, tuba)");
    add("machine",
        R"(washing machine, fridge, oven, radio, television, computer, printer, kettle, toaster, heater,
        vacuum cleaner, lawn mower, sewing machine, dishwasher, phone, camera, iron, boiler, hairdryer, coffee machine)");
    add("gift",
        R"(book, scarf, box of chocolates, bunch of flowers, puzzle, bottle of wine, watch, lamp, teapot, kite,
        picture frame, cake, pair of gloves, jar of honey, toy train, board game, necklace, camera, plant)");
    add("school_thing",
        R"(pencil, ruler, notebook, rubber, pen, exercise book, dictionary, calculator, paintbox, atlas,
        lunch box, satchel, ruler, pencil case)");
    add("countable",
        R"(apple, book, pencil, egg, coin, stamp, marble, orange, shell, card, ticket, candle, flower, biscuit,
        cake, button, balloon, ribbon, bottle, chair, plate, cup, stone, bead, sticker, lemon, pear, plum, nut, cherry)");
    add("flat_thing",
        "poster, letter, card, notice, map, ticket, photograph, drawing, newspaper, bill, recipe, postcard");
    add("game",
        R"(chess, football, tennis, hide and seek, cards, dominoes, cricket, hockey, basketball, marbles, darts,
        draughts, volleyball, badminton, rugby, table tennis)");
    add("book_kind",
        R"(novel, poem, guidebook, cookbook, diary, dictionary, fairy tale, history book, play, detective
        story, biography, comic, travel book, ghost story, textbook)");
    add("book_topic",
        R"(the sea, a lost city, two sisters, a clever fox, the stars, an old castle, a long war, a small
        village, a strange island, the history of trains, wild flowers, a missing painting, a brave captain,
        the first flight, life on a farm, a haunted house, a journey across the desert, a family of bakers)");
    add("event",
        R"(concert, market, fair, exhibition, race, festival, parade, play, lecture, film night, football match,
        flower show, book sale, swimming contest, dance, cookery class, boat race, quiz night, charity run, fireworks,
        craft fair, opening ceremony, public meeting, chess tournament, carnival)");
    add("problem",
        R"(a broken window, a flat tyre, a leaking pipe, a lost key, a power cut, a noisy engine, a blocked
        drain, a late train, a missing parcel, a hole in the roof, a torn coat, a wrong bill, a dead battery,
        a broken chair, a locked door, a faulty lamp, a flooded cellar, a cracked cup)");
    add("chore",
        R"(wash the dishes, sweep the floor, feed the cat, water the plants, make the beds, clean the windows,
        take out the rubbish, walk the dog, mow the lawn, iron the shirts, dust the shelves, lay the table, cook dinner,
        buy some bread, post the letters, tidy the garage, paint the fence, pick the apples, collect the eggs,
        mend the gate, chop the wood, polish the shoes, hang up the washing, pay the bills, empty the bin, rake the leaves)");
    add("activity",
        R"(visit a museum, go for a walk, see a film, play cards, bake a cake, go swimming, read a book,
        write letters, paint the kitchen, go to the market, have a picnic, climb the hill, ride bicycles, fly a kite,
        listen to music, go fishing, visit friends, plant some seeds, build a tent, go shopping, play football,
        make soup, watch the birds, pick berries, row on the lake, take photographs, look at the stars,
        clean the shed, learn a song, feed the ducks)");
    add("past_activity", "{activity.ed}");
    add("skill",
        R"(patience, good hands, a steady eye, strong arms, a good memory, a clear voice, a sharp mind, courage,
        a good sense of balance, imagination, quick feet, a love of detail)");
    add("unit_of",
        R"(a cup of, a bowl of, two spoonfuls of, a handful of, a jug of, half a cup of, a pinch of, a slice of,
        three spoonfuls of, a little, plenty of, some, a glass of, a tin of)");
    add("reason_late",
        R"(the bus broke down, there was a lot of traffic, the alarm clock did not ring, the train was cancelled,
        the road was closed, the car would not start, it was snowing, the bridge was shut, the map was wrong,
        someone had locked the gate)");
}

}  // namespace builtin
