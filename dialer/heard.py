"""What the calls of a campaign play, each with its file: a manager hears it before others do."""

from collections.abc import Iterable
from pathlib import Path

from campaigns.model import Campaign
from dialer.config import Config
from dialer.sounds import to_speak
from dialer.speech import Folder, Speaker


def spoken_files(
    campaign: Campaign, languages: Iterable[str], config: Config
) -> list[dict[str, object]]:
    """Return every text that is spoken for a campaign, with its file on this machine.

    Args:
        campaign: the campaign.
        languages: those of its people.
        config: names the folder; where it does not, no file is known here.
    """
    folder = Folder(here=Path(config.sounds), there=config.sounds_there)
    speaker = Speaker(config.speech, folder) if config.sounds else None
    found: list[dict[str, object]] = []
    for one in to_speak(campaign, languages):
        file = speaker.file(one.text, one.language) if speaker is not None else None
        found.append(
            {
                "language": one.language,
                "text": one.text,
                "file": file and str(file),
                "there": file is not None and file.is_file(),
            }
        )
    return found
