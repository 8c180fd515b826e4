"""A local engine process without a model: what a cluster's rehearsal is compared with."""

import os
import sys

from engine.worker.rehearsal import Rehearsal
from engine.worker.streams import Inbox, Outbox


def main() -> None:
    """Rehearse on standard streams; ``sys.argv[1]`` are the seconds of a step."""
    outbox, inbox = Outbox(os.fdopen(1, "wb")), Inbox(os.fdopen(0, "rb"))
    Rehearsal(float(sys.argv[1])).serve(inbox, outbox)
    outbox.close()


if __name__ == "__main__":
    main()
