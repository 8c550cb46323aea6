"""What other sets call the harms: their category names, mapped to ours."""

import re

from breakfix.records.harms import TITLES, Harm

_NAMES: dict[Harm, tuple[str, ...]] = {
    Harm.VIOLENCE: (
        *("violent", "violent content", "violent crimes", "physical harm", "terrorism", "murder", "gore", "vcr"),
        *("violence and extremism", "violence and physical harm", "violence aiding and abetting incitement"),
        *("terrorism organized crime", "animal abuse", "endangering national security", "disrupting public order"),
    ),
    Harm.HATE: (
        *(
            "hate speech",
            "hate fairness",
            "fairness",
            "fairness bias",
            "discrimination",
            "harassment",
            "racism",
            "bias",
        ),
        *("harassment discrimination", "harassment bullying", "hate harassment and discrimination", "hateful", "hte"),
        *("discrimination stereotype injustice", "hate harass violence", "unfairness", "toxicity", "insult"),
        *("unfairness and discrimination", "offensive language", "hate speech offensive language"),
        *("insulting behavior", "discriminatory behavior"),
    ),
    Harm.SEXUAL: (
        *("sexual content", "adult content", "sexual adult content", "sexually explicit", "pornography", "src", "sxc"),
        *("sexually explicit adult content", "sex related crimes", "sexual material", "adult material"),
    ),
    Harm.SELF_HARM: (
        "suicide",
        "self injury",
        "suicide and self harm",
        "mental health",
        "eating disorders",
        "ssh",
        "psychological harm",
    ),
    Harm.CYBERCRIME: (
        *("cyber", "cyber harms", "cyber crime", "cybercrime intrusion", "cybersecurity", "malware", "hacking"),
        *("malware hacking", "malware viruses", "malicious code", "computer crime", "unauthorized access"),
    ),
    Harm.FRAUD: (
        *("fraud deception", "scams", "scam", "phishing", "economic harm", "financial crime", "deception"),
        *("fraud and scams", "fraud deceptive activity", "social engineering", "white collar crime"),
        *("financial crime property crime theft", "tailored financial advice", "economic crime", "mental manipulation"),
    ),
    Harm.WEAPONS: (
        *("dangerous goods", "explosives", "chemical biological", "cbrn", "indiscriminate weapons", "iwp", "bombs"),
        *("weapons and explosives", "chemical weapons", "biological weapons", "drugs weapons", "drug abuse weapons"),
        *("drug abuse weapons banned substance", "regulated or controlled substances weapons"),
    ),
    Harm.PRIVACY: (
        *("privacy violation", "privacy violations", "personal data", "personal information", "doxxing", "leakage"),
        *("surveillance", "prv", "privacy and property", "privacy violation activity", "pii"),
    ),
    Harm.MISINFORMATION: (
        *("disinformation", "misinformation disinformation", "disinformation and deception", "false information"),
        *(
            "conspiracy theories",
            "election misinformation",
            "information integrity",
            "fake news",
            "political campaigning",
        ),
        *("misinformation regarding ethics laws and safety", "propaganda", "political sensitivity"),
    ),
    Harm.ILLEGAL_ACTS: (
        *("illegal", "illegal activity", "illegal activities", "illegal acts", "crime", "crimes", "theft", "drugs"),
        *(
            "illegal goods and services",
            "non violent crimes",
            "crimes and illegal activities",
            "ncr",
            "criminal planning",
        ),
        *("non violent unethical behavior", "regulated substances", "drug abuse", "trafficking", "human trafficking"),
        *("copyright issues", "environmental damage", "endangering public health"),
    ),
    Harm.OTHER: (
        "harmful",
        "others",
        "misc",
        "miscellaneous",
        "general",
        "multi harm",
        "controversial topics politics",
        "expert advice",
        "government decision making",
    ),
    Harm.NONE: ("benign", "safe", "harmless", "ordinary"),
}
_SEPARATORS = re.compile(r"[^\w]+|_+")


def harm_of(name: str) -> Harm | None:
    """The harm that a category name means, whatever its case, punctuation and "and"; None for an unknown name."""
    return _BY_NAME.get(_folded(name))


def _folded(name: str) -> str:
    return " ".join(word for word in _SEPARATORS.sub(" ", name.casefold()).split() if word != "and")


_BY_NAME: dict[str, Harm] = {
    _folded(name): harm for harm in Harm for name in (harm.value, TITLES[harm], *_NAMES.get(harm, ()))
}
