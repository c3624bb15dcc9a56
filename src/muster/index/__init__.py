"""Where does a name live? Symbols, re-exports and importers, found by one byte search; only hits are ever parsed."""

from muster.index.index import Index, Wanted, survey
from muster.index.near import nearest
from muster.index.sightings import ImportLine, ModuleSighting, NameSighting

__all__ = ["ImportLine", "Index", "ModuleSighting", "NameSighting", "Wanted", "nearest", "survey"]
