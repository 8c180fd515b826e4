"""What members read, in their own language: marking sentences, and who reads them right now.

``_("…")`` translates for the reader of the moment, ``ngettext`` by number. ``N_`` only marks a
text, for a constant that is given to ``_`` later. ``Sentence`` carries a text and its values until
somebody reads it. ``read_by`` and ``reading`` say who reads.
"""

from bot.language.reader import N_, _, ngettext, read_by, reader, reading
from bot.language.sentence import Sentence

__all__ = ["N_", "Sentence", "_", "ngettext", "read_by", "reader", "reading"]
