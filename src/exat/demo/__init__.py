"""The demonstration: two agencies exchange a protected letter, and what must fail is refused.

Production code in a workspace of its own: an authority, two homes, two running nodes on loopback sockets.
Every act is asserted. Nothing is printed: the command tells the lines in the reader's language.

    play(folder, attachment=own_attachment(), tell=print)
"""

from exat.demo.letters import own_attachment
from exat.demo.narration import DemoFailed, Line, Stage, TellingFailed, Words
from exat.demo.play import play

__all__ = ["DemoFailed", "Line", "Stage", "TellingFailed", "Words", "own_attachment", "play"]
