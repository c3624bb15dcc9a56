"""Where does a name live? Symbols, re-exports and importers, found by one search of all mentions; only hits are ever parsed."""

from muster.index.index import Index, Wanted, survey
from muster.index.near import nearest
from muster.index.search import MentionsOf
from muster.index.sightings import ImportLine, ModuleSighting, NameSighting

__all__ = ["ImportLine", "Index", "MentionsOf", "ModuleSighting", "NameSighting", "Wanted", "nearest", "survey"]
