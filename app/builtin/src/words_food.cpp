#include "words.h"

namespace builtin {

void add_food_words(WordLists& lists) {
    auto add = [&](std::string_view name, std::string_view text) { add_words(lists, name, text); };
    add("cuisine",
        R"(Italian, French, Chinese, Japanese, Indian, Thai, English, Mexican, Greek, Turkish, Spanish, Korean,
        Vietnamese, Lebanese, Moroccan, Persian, Portuguese, American, Polish, Swedish, Ethiopian, Cuban, Irish, German,
        Brazilian, Russian, Malaysian, Scottish)");
    add("food_style",
        R"(fast food, seafood, vegetarian food, home-made food, street food, pasta, pizza, sushi, curry,
        fish and chips, grilled meat, burgers, noodles, pancakes, salads, soups, sandwiches, roast dinners, tapas, pies)");
    add("dish",
        R"(tomato soup, roast chicken, fish pie, beef stew, mushroom risotto, lamb curry, vegetable soup, onion
        tart, grilled salmon, lentil salad, spinach lasagne, pumpkin soup, cheese omelette, fried rice, potato cake,
        noodle soup, baked trout, bean stew, apple pie, plum crumble, lemon cake, carrot cake, chocolate mousse,
        cheese pancake, spaghetti, garlic bread, meatball stew, prawn cocktail, chicken salad, leek pie, stuffed pepper,
        shepherd's pie, rice pudding, cherry tart, goulash, paella, dumpling soup, sausage roll, pepper steak)");
    add("fruit",
        R"(apple, pear, plum, cherry, orange, lemon, banana, peach, melon, strawberry, grape, fig, apricot, mango,
        pineapple, raspberry, lime, coconut, blackberry, kiwi)");
    add("vegetable",
        R"(carrot, onion, potato, tomato, cabbage, leek, pea, bean, pepper, cucumber, pumpkin, turnip,
        mushroom, radish, courgette, beetroot, parsnip, aubergine, lettuce, cauliflower)");
    add("drink",
        R"(tea, coffee, milk, water, lemonade, orange juice, apple juice, hot chocolate, red wine, beer, cider,
        ginger ale, mint tea, iced tea, cocoa)");
    add("food",
        R"(bread, cheese, butter, jam, rice, soup, honey, pasta, ham, salt, sugar, flour, cake, fish, chicken, salad,
        yoghurt, chocolate, porridge, toast, bacon, mustard, cream, olive oil, pepper)");
    add("savoury_ingredient",
        R"(salt, pepper, rice, olive oil, cream, cheese, garlic, parsley, vinegar, mustard, chopped onion,
        tomato sauce, stock, lemon juice, coconut milk, soy sauce, breadcrumbs, basil, thyme, mint, chilli, butter, milk,
        ginger, white wine, chopped bacon, red lentils, curry powder)");
    add("sweet_ingredient",
        R"(flour, sugar, butter, milk, cream, honey, cinnamon, ginger, lemon juice, cocoa powder, chopped nuts,
        raisins, brown sugar, grated chocolate, yoghurt, vanilla, ground almonds, oats, maple syrup, orange juice)");
    add("taste",
        R"(sweet, sour, salty, bitter, spicy, mild, rich, creamy, fresh, crisp, tender, juicy, dry, bland, greasy,
        smoky, buttery, sticky, crunchy, light, delicate, hearty)");
    add("good_taste",
        R"(delicious, tasty, fresh, perfectly cooked, wonderful, full of flavour, tender, crisp, excellent,
        superb, light and fresh, rich and warming)");
    add("bad_taste",
        R"(cold, bland, burnt, greasy, dry, too salty, overcooked, tasteless, soggy, stale, undercooked, watery)");
    add("meal", "breakfast, lunch, dinner, supper, a snack, a sandwich");
    add("breakfast_food",
        "bread and butter, toast, porridge, an egg, two eggs, bread and jam, yoghurt, a banana, pancakes, "
        "bread and cheese, muesli, toast and honey, a warm roll");
    add("hot_drink", "tea, coffee, hot chocolate, mint tea, cocoa, hot milk, ginger tea");
    add("cook_verb", "boil, fry, bake, roast, grill, steam, simmer, stew, toast, warm");
    add("pan",
        "large pan, small pot, frying pan, deep dish, baking tin, saucepan, wide bowl, oven dish, wok, "
        "casserole");
    add("menu_extra",
        R"(fresh bread, a green salad, roast potatoes, boiled rice, chips, seasonal vegetables, a glass of wine,
        pickles, a spicy sauce, melted cheese, a slice of lemon, mint sauce, garlic butter, warm rolls)");
    add("atmosphere",
        R"(cosy, lively, quiet, noisy, romantic, relaxed, crowded, old-fashioned, elegant, simple, friendly,
        modern, dark, bright, charming, plain, stylish, busy, peaceful)");
    add("staff",
        R"(friendly, slow, helpful, rude, attentive, polite, quick, careless, welcoming, patient, efficient,
        bored, charming, busy, cheerful)");
}

void add_nature_words(WordLists& lists) {
    auto add = [&](std::string_view name, std::string_view text) { add_words(lists, name, text); };
    add("animal",
        R"(dog, cat, horse, cow, sheep, goat, pig, fox, wolf, bear, deer, rabbit, hare, mouse, squirrel, hedgehog,
        otter, badger, lion, tiger, elephant, monkey, camel, donkey, giraffe, zebra, kangaroo, crocodile, snake, lizard,
        frog, toad, turtle, whale, dolphin, seal, shark, salmon, crab, octopus, bee, ant, butterfly, spider, snail, mole,
        bat, hamster, panda, leopard, buffalo, beaver)");
    add("pet",
        "dog, cat, rabbit, hamster, parrot, pony, goldfish, tortoise, puppy, kitten, canary, guinea pig");
    add("pet_name",
        R"(Biscuit, Pepper, Rusty, Socks, Ginger, Shadow, Patch, Snowy, Bramble, Toffee, Smoky, Pickle, Nutmeg,
        Pebble, Misty, Button, Clover, Bandit, Cocoa, Marmalade, Domino, Fudge, Pippin, Tiger)");
    add("bird",
        R"(robin, owl, eagle, swan, duck, goose, crow, pigeon, sparrow, swallow, heron, gull, magpie, blackbird,
        woodpecker, parrot, penguin, hawk, kingfisher, wren, raven, stork, lark, finch)");
    add("tree",
        "oak, beech, pine, willow, birch, maple, apple tree, chestnut, elm, ash, fir, poplar, cedar, holly, "
        "yew");
    add("flower",
        R"(rose, tulip, daisy, lily, poppy, violet, sunflower, daffodil, bluebell, primrose, orchid, iris, marigold,
        lavender, snowdrop, carnation, geranium)");
    add("month",
        "January, February, March, April, May, June, July, August, September, October, November, December");
    add("day", "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday");
    add("season", "spring, summer, autumn, winter");
    add("daytime", "morning, afternoon, evening");
    add("weather_adj",
        R"(sunny, rainy, cloudy, windy, foggy, snowy, stormy, warm, cold, hot, cool, dry, wet, mild, bright, grey,
        misty, icy, frosty, humid)");
    add("weather_noun",
        R"(rain, snow, fog, wind, sunshine, frost, hail, thunder, showers, mist, storms, sleet, drizzle,
        heavy rain, light rain, strong winds, clear skies, thick cloud, bright spells)");
    add("direction", "north, south, east, west, north-east, north-west, south-east, south-west");
    add("sky",
        R"(the sky was clear, dark clouds hung over the hills, the sun was shining, a cold wind blew, rain was falling,
        snow covered the roofs, the moon was bright, mist lay over the fields, the air was warm and still,
        thunder rolled far away, the leaves were turning red, the first stars came out, the wind had dropped,
        frost sparkled on the grass, a rainbow stood over the valley)");
    add("sound",
        R"(the birds were singing, a dog barked in the distance, a bell rang, the waves rolled in, an owl called,
        somebody was laughing, the wind whistled in the trees, a train passed far away, the bees hummed, a door creaked,
        children were shouting, a cock crowed, music came from a window, the clock struck {clock_hour})");
    add("clock_hour", "one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve");
    add("early_hour", "six, seven, eight, nine, ten, eleven");
    add("late_hour", "one, two, three, four, five, six, seven, eight");
    add("number_small", "two, three, four, five, six, seven, eight, nine, ten, twelve");
    add("many",
        R"(two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, fifteen, twenty, thirty, forty, fifty,
        sixty, a hundred, two hundred)");
    add("crowd",
        "fifty, eighty, a hundred, two hundred, three hundred, five hundred, a thousand, two thousand, five "
        "thousand");
    add("percent", "5, 10, 12, 15, 18, 20, 25, 30, 35, 40, 50, 60, 75, 80, 90");
    add("temperature",
        "2, 4, 6, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 28, 30, 32");
}

}  // namespace builtin
