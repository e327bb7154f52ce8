#include "words.h"

namespace builtin {

void add_phrase_words(WordLists& lists) {
    auto add = [&](std::string_view name, std::string_view text) { add_words(lists, name, text); };
    auto phrases = [&](std::string_view name, std::string_view text) { add_words(lists, name, text, '/'); };
    add("greeting", "hello, good morning, good afternoon, good evening, hi");
    phrases("yes",
            "yes / yes, of course / certainly / sure / yes, please / of course / all right / with pleasure");
    phrases("no", "no / I am afraid not / no, thank you / sorry, no / not really / unfortunately not");
    phrases(
        "thanks",
        "thank you / thank you very much / thanks / thanks a lot / many thanks / that is very kind of you");
    phrases("bye",
            "goodbye / see you soon / see you on {day} / bye / have a nice day / until tomorrow / take care");
    phrases("welcome", "you are welcome / not at all / no problem / it was a pleasure / any time");
    phrases("polite_start",
            R"(could you / would you mind if I asked you to / would you be so kind as to / may I ask you to /
        I would be grateful if you could / can I ask you to / would it be possible for you to)");
    phrases("request",
            R"(open the window / close the door / pass the {food} / wait a moment / speak more slowly /
        help me with this {thing} / show me the way to the {building} / lend me your {school_thing} / turn down the radio /
        call me back / send me the list / come a little earlier / carry this {container} / repeat your name /
        write down the address / move your {vehicle} / bring some {drink} / read the letter to me / keep the {pet} outside /
        take off your {footwear} / sign here / check the bill / switch on the light)");
    phrases("ill_wish", "get well soon / I hope you feel better soon / rest a lot and drink tea");
    phrases(
        "opinion",
        R"(I think that / in my opinion / as far as I know / I believe that / I am sure that / it seems to me that /
        some people say that / my {older} always says that)");
    phrases("link", "however / but / on the other hand / still / even so / all the same");
    phrases("proverb",
            R"(many hands make light work / better late than never / a good start is half the work /
        slow and steady wins the race / look before you leap / practice makes perfect / time flies /
        every cloud has a silver lining / the early bird catches the worm / where there is a will, there is a way)");
}

}  // namespace builtin
