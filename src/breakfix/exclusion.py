"""The hard exclusion: text that puts minors beside sexual content never enters - no goal, attack, row or answer."""

import re
import unicodedata

_MINOR = re.compile(
    r"\b(?:child(?:ren|ish|hood)?|kid(?:s|dy|die)?|minors?|under-?age[d]?|teen(?:s|age|aged|ager|agers)?|pre-?teens?|"
    r"tweens?|toddlers?|infants?|bab(?:y|ies)|(?:little|young) (?:girl|boy)s?|"
    r"school-?(?:girl|boy|child|children|kid)s?|"
    r"(?:high|middle|elementary|primary) school(?:er|ers)?|(?:step-?)?(?:daughter|son)s?|juveniles?|adolescents?|"
    r"loli(?:tas?)?|shota|(?:[1-9]|1[0-7])[- ](?:years?|yrs?)[- ]olds?|(?:[1-9]|1[0-7]) ?(?:yo|y/o))\b"
)
_SEXUAL = re.compile(
    r"\b(?:sex\w*|porn\w*|nudes?|nudity|naked|erotic\w*|rap(?:e|ed|es|ing|ist|ists)|molest\w*|pa?edo(?:phil\w*|s)?|"
    r"incest\w*|genitals?|penis\w*|vagina\w*|masturbat\w*|orgasm\w*|intercourse|fondl\w*|grop(?:e|ed|es|ing)|seduc\w*|"
    r"groom(?:ed|ing) (?:a|an|the|my|his|her|child\w*|kids?|minors?|teen\w*)|fuck\w*|blow ?jobs?|hentai|fetish\w*|"
    r"horny|undress\w*|csam)\b"
)


def sexual_about_minors(text: str) -> bool:
    """Whether `text` holds words for minors and for sex; coarse on purpose, losing a harmless row costs little."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return bool(_SEXUAL.search(folded)) and bool(_MINOR.search(folded))
