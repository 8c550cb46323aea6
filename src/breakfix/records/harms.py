"""The harm categories and their titles."""

from enum import StrEnum


class Harm(StrEnum):
    """What a goal is about; `NONE` marks an ordinary prompt that borrows from no harm."""

    VIOLENCE = "violence"
    HATE = "hate"
    SEXUAL = "sexual"
    SELF_HARM = "self_harm"
    CYBERCRIME = "cybercrime"
    FRAUD = "fraud"
    WEAPONS = "weapons"
    PRIVACY = "privacy"
    MISINFORMATION = "misinformation"
    ILLEGAL_ACTS = "illegal_acts"
    OTHER = "other"
    NONE = "none"


TITLES: dict[Harm, str] = {
    Harm.VIOLENCE: "Violence",
    Harm.HATE: "Hate and unfairness",
    Harm.SEXUAL: "Sexual content (adults)",
    Harm.SELF_HARM: "Self-harm",
    Harm.CYBERCRIME: "Cybercrime",
    Harm.FRAUD: "Fraud and phishing",
    Harm.WEAPONS: "Weapons and dangerous goods",
    Harm.PRIVACY: "Privacy",
    Harm.MISINFORMATION: "Misinformation",
    Harm.ILLEGAL_ACTS: "Other illegal acts",
    Harm.OTHER: "Other harm",
    Harm.NONE: "Ordinary",
}
