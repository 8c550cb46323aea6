"""Frozen data that the stages share, and nothing else."""

from breakfix.records.chat import Conversation, Message, Reply, Role, Sampling, assistant, user
from breakfix.records.findings import (
    MAX_SEVERITY,
    Attempt,
    Exchange,
    Finding,
    FindingKind,
    Goal,
    Intent,
    Persona,
    Refusal,
    Split,
    Status,
    Verdict,
    Vulnerability,
)
from breakfix.records.gate import Check, GateDecision, GateReport, GateVerdict
from breakfix.records.harms import TITLES, Harm
from breakfix.records.record import Record, canonical_json, content_id
from breakfix.records.scores import Better, ItemScore, Metric, Rate, SuiteScore
from breakfix.records.training import Dropped, Operation, PreferencePair, Provenance, SftRow, TrainingStep

__all__ = [
    "MAX_SEVERITY",
    "TITLES",
    "Attempt",
    "Better",
    "Check",
    "Conversation",
    "Dropped",
    "Exchange",
    "Finding",
    "FindingKind",
    "GateDecision",
    "GateReport",
    "GateVerdict",
    "Goal",
    "Harm",
    "Intent",
    "ItemScore",
    "Message",
    "Metric",
    "Operation",
    "Persona",
    "PreferencePair",
    "Provenance",
    "Rate",
    "Record",
    "Refusal",
    "Reply",
    "Role",
    "Sampling",
    "SftRow",
    "Split",
    "Status",
    "SuiteScore",
    "TrainingStep",
    "Verdict",
    "Vulnerability",
    "assistant",
    "canonical_json",
    "content_id",
    "user",
]
