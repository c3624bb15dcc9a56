"""Why? One file for each cause, an explicit ordered registry; `questions` gathers, `conclude` makes causes."""

from muster.diagnosis.conclude import conclude, judge_findings
from muster.diagnosis.directives import review_directives
from muster.diagnosis.fingerprint import fingerprint
from muster.diagnosis.history_questions import history_questions
from muster.diagnosis.m405_zero_tests import ExpectedTests
from muster.diagnosis.questions import Answers, Questions, answer_from_tree, questions
from muster.diagnosis.since import dated, faults_of

__all__ = [
    "Answers",
    "ExpectedTests",
    "Questions",
    "answer_from_tree",
    "conclude",
    "dated",
    "faults_of",
    "fingerprint",
    "history_questions",
    "judge_findings",
    "questions",
    "review_directives",
]
