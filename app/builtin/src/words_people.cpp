#include "words.h"

namespace builtin {

void add_people_words(WordLists& lists) {
    auto add = [&](std::string_view name, std::string_view text) { add_words(lists, name, text); };
    add("name_f",
        R"(Anna, Mary, Clara, Ruth, Nora, Ella, Lucy, Rosa, Maya, Ivy, Alice, Emma, Grace, Julia, Lena, Sara,
        Tina, Vera, Wendy, Zoe, Agnes, Betty, Carol, Diana, Edith, Fiona, Gemma, Helen, Irene, Jane, Kate, Laura, Mona,
        Nina, Olga, Paula, Rita, Sofia, Tara, Una, Violet, Amira, Leila, Priya, Mei, Yuki, Ingrid, Freya, Hannah, Molly,
        Daisy, Flora, Martha, Lily, Poppy, Jasmine, Elsa, Marta, Carmen, Bella)");
    add("name_m",
        R"(Tom, Jack, Peter, Sam, Ben, Daniel, Henry, Oscar, Leo, Max, Adam, Brian, Carl, David, Eric, Frank,
        George, Hugo, Ian, James, Kevin, Liam, Martin, Noah, Owen, Paul, Ralph, Simon, Theo, Victor, Walter, Arthur,
        Albert, Bruno, Colin, Dennis, Edward, Felix, Gordon, Harry, Isaac, Joel, Karim, Luis, Marco, Nick, Omar, Pablo,
        Robin, Stefan, Ahmed, Ravi, Chen, Kenji, Lars, Finn, Jonas, Milo, Otto, Rufus)");
    add("surname",
        R"(Baker, Carter, Dawson, Ellis, Foster, Grant, Harper, Ingram, Jarvis, Keller, Lowe, Mason, Norris,
        Olsen, Palmer, Quinn, Reed, Sharp, Turner, Underwood, Vance, Webb, York, Abbott, Barlow, Cole, Drake, Finch,
        Gibson, Hale, Irwin, Kent, Lambert, Marsh, Nash, Osborne, Pratt, Rowe, Stone, Tate, Wade, Young, Ashby, Blake,
        Crane, Dean, Fisher, Glover, Hunt, Holt, Park, Singh, Patel, Costa, Rossi, Weber, Novak, Tanaka, Kim, Silva)");
    add("good_trait",
        R"(kind, patient, honest, cheerful, brave, clever, gentle, generous, careful, polite, friendly,
        hard-working, quiet, calm, funny, wise, thoughtful, modest, curious, helpful, loyal, warm, lively, tidy,
        punctual, sensible, humble, charming, imaginative, reliable, cautious, energetic)");
    add("bad_trait",
        R"(lazy, rude, impatient, careless, stubborn, noisy, selfish, forgetful, proud, greedy, grumpy,
        messy, jealous, bossy, nervous, clumsy, moody, strict, vain, late)");
    add("happy",
        R"(happy, glad, pleased, delighted, proud, excited, grateful, relieved, cheerful, content, thrilled,
        hopeful, overjoyed)");
    add("unhappy",
        R"(sad, worried, angry, upset, disappointed, afraid, lonely, tired, ashamed, nervous, anxious,
        annoyed, confused, frightened, miserable, bored)");
    add("hair",
        R"(black, brown, blond, red, grey, white, dark, fair, curly, straight, wavy, short, long, thick)");
    add("eyes", R"(blue, green, brown, grey, dark, bright, hazel, kind, tired, lively)");
    add("build", R"(tall, short, slim, strong, thin, plump, broad, small, slender, sturdy)");
    add("relative",
        R"(mother, father, sister, brother, aunt, uncle, cousin, grandmother, grandfather, niece, nephew,
        daughter, son)");
    add("older", R"(mother, father, aunt, uncle, grandmother, grandfather, teacher, neighbour, coach)");
    add("job",
        R"(baker, teacher, nurse, doctor, farmer, painter, driver, sailor, carpenter, plumber, gardener, cook,
        writer, singer, dentist, tailor, librarian, engineer, lawyer, mechanic, pilot, waiter, postman, shepherd,
        fisherman, florist, butcher, blacksmith, clerk, architect, actor, scientist, journalist, musician, firefighter,
        electrician, hairdresser, optician, translator, photographer, builder, potter, weaver, cleaner,
        accountant, guard, guide, judge, vet, miller, jeweller, printer, secretary, soldier, chemist, cashier, porter)");
    add("hobby",
        R"(painting, reading, swimming, cycling, cooking, dancing, fishing, gardening, chess, knitting,
        singing, photography, running, climbing, sailing, drawing, pottery, hiking, skating, tennis, football, baking,
        birdwatching, sewing, carving, juggling, writing poems, playing the piano, playing the guitar,
        playing the violin, collecting stamps, collecting coins, building models, solving puzzles, learning languages,
        riding horses, flying kites, camping, bowling, yoga)");
    add("learn_verb",
        R"(swim, cook, dance, ride a bicycle, play chess, play the piano, play the violin, skate, sew,
        knit, bake bread, sail a boat, whistle, juggle, read maps, draw faces, speak French, speak Spanish, drive,
        climb, paint, write poems, sing, play the drums, mend clocks, grow tomatoes, ski, type, carve wood,
        take photographs)");
    add("subject",
        R"(mathematics, history, science, music, art, geography, English, French, biology, chemistry,
        physics, sport, drama, computing, Spanish, German, cookery)");
    add("country",
        R"(France, Spain, Italy, Japan, China, India, Brazil, Canada, Norway, Sweden, Greece, Turkey, Egypt,
        Kenya, Mexico, Peru, Ireland, Scotland, Poland, Portugal, Germany, Austria, Finland, Denmark, Iceland,
        Morocco, Vietnam, Thailand, Chile, Cuba)");
    add("language",
        R"(English, French, Spanish, Italian, German, Japanese, Chinese, Arabic, Greek, Turkish, Polish,
        Portuguese, Swedish, Norwegian, Dutch, Russian, Hindi, Korean)");
    add("body",
        R"(arm, leg, knee, back, ankle, head, shoulder, foot, hand, tooth, ear, throat, wrist, elbow, finger,
        neck, toe, stomach)");
    add("illness",
        R"(a cold, a cough, a fever, a headache, a sore throat, a stomach ache, a bad back, an earache,
        a rash, toothache, hay fever, a runny nose)");
    add("clothes",
        R"(coat, hat, shirt, scarf, jacket, jumper, cap, cardigan, raincoat, suit, tie, belt,
        waistcoat, apron, uniform)");
    add("footwear", R"(boots, shoes, sandals, slippers, trainers, socks, wellingtons)");
    add("said", "said, answered, replied, explained, told them, added, whispered, admitted");
    add("team",
        R"(Rovers, United, Wanderers, Rangers, City, Athletic, Town, Swifts, Lions, Falcons, Tigers, Sharks,
        Eagles, Wolves, Hawks, Stars)");
    add("role",
        R"(mayor, manager, director, head teacher, chairman, captain, owner, chief engineer, police officer,
        spokesman, organiser, curator, coach, council leader, chief of the fire brigade)");
    add("personal_adj",
        R"(young, old, elderly, middle-aged, retired, newly married, busy, famous, local, well-known,
        shy, talented, experienced, skilled)");
    add("family_event",
        R"(birthday, wedding, anniversary, farewell party, housewarming, graduation, school concert,
        retirement party, picnic, family reunion, dinner party, garden party, christening)");
    add("adverb",
        R"(quickly, slowly, quietly, carefully, happily, suddenly, gently, proudly, calmly, eagerly, kindly,
        firmly, softly, politely, patiently, bravely, cheerfully, sadly, nervously, gladly)");
    add("frequency",
        "always, usually, often, sometimes, seldom, never, rarely, almost always, nearly always");
}

}  // namespace builtin
