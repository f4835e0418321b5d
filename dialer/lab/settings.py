"""The configuration files of the lab's two servers, as text. Pure.

The PBX includes the fragments that a user's own Asterisk includes; everything here is
only what turns an empty Asterisk into a small one that talks to the other on loopback.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from dialer.config import FOLDER
from dialer.lab.network import carrier_dialplan
from dialer.lab.records import cdr_mapping
from dialer.lab.scenario import Scenario

_COMMON_MODULES = """
res_timing_timerfd res_sorcery_config res_sorcery_memory res_sorcery_astdb res_pjproject
res_pjsip res_pjsip_session res_pjsip_pubsub res_pjsip_sdp_rtp res_pjsip_endpoint_identifier_ip
res_pjsip_caller_id res_pjsip_rfc3326 res_rtp_asterisk chan_pjsip pbx_config
codec_ulaw codec_gsm codec_resample format_gsm format_pcm format_sln format_wav
app_playback app_stack app_userevent bridge_simple
func_callerid func_channel func_db func_dialplan func_hangupcause func_logic func_math
func_pjsip_endpoint func_strings func_timeout
"""
_PBX_MODULES = """
bridge_native_rtp bridge_softmix bridge_holding bridge_builtin_features res_musiconhold
app_amd app_channelredirect app_chanspy app_confbridge app_dial app_mixmonitor app_originate app_read
app_waitforsilence func_cut func_env func_global func_module func_version func_volume res_tonedetect
"""
_CARRIER_MODULES = """
app_dial app_mixmonitor app_playtones app_senddtmf cdr_custom func_cdr func_cut res_cdrel_custom
res_clioriginate
"""
"""What each server loads, and no more: a server starts in a second and takes no CPU while it rests.
Source: tried with Asterisk 22.10; an older one that does not have a module goes without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one server lives, as it sees the paths itself.

    Attributes:
        home: its folder.
        modules: the installation's folder of modules.
        data: the installation's folder of sounds.
        ami_port: TCP port of the manager interface on loopback.
        sip_port: UDP port of SIP on loopback.
        rtp_start: first of its RTP ports.
        rtp_end: last of its RTP ports.
    """

    home: str
    modules: str
    data: str
    ami_port: int
    sip_port: int
    rtp_start: int
    rtp_end: int


def pbx_files(
    place: Place,
    *,
    carrier_sip_port: int,
    fragments: Mapping[str, str],
    token: str,
    sounds: str,
) -> Mapping[str, str]:
    """Return the configuration of the server that Ringbank drives.

    `sounds` is its folder of spoken texts as this machine sees it: Ringbank may be told by the
    server where it is.
    """
    return {
        **_common_files(place, _PBX_MODULES),
        **fragments,
        "extensions.conf": (
            f"[globals]\nRINGBANK_LAB = {token}\nRINGBANK_SOUNDS = {sounds}|{place.home}/sounds\n\n"
            '#include "ringbank_extensions.conf"\n'
        ),
        "manager.conf": _manager(place) + '#include "ringbank_manager.conf"\n',
        "confbridge.conf": '[general]\n\n#include "ringbank_confbridge.conf"\n',
        "pjsip.conf": _pjsip(place, "carrier", "ringbank-incoming", carrier_sip_port),
        "cdr.conf": "[general]\nenable = no\n",
    }


def carrier_files(place: Place, *, pbx_sip_port: int, scenario: Scenario) -> Mapping[str, str]:
    """Return the configuration of the server that plays the telephone network."""
    return {
        **_common_files(place, _CARRIER_MODULES),
        "extensions.conf": carrier_dialplan(scenario),
        # No user: the lab only asks whether it answers.
        "manager.conf": _manager(place),
        "pjsip.conf": _pjsip(place, "pbx", "incoming", pbx_sip_port),
        "cdr.conf": (
            "[general]\nenable = yes\nunanswered = yes\ncongestion = yes\nbatch = no\n"
            "endbeforehexten = no\n"
        ),
        "cdr_custom.conf": cdr_mapping(),
    }


def ringbank_config(
    *,
    database: str,
    registries: str,
    ami_port: int,
    username: str,
    secret_file: str,
    sounds: str,
    sounds_there: str,
) -> str:
    """Return a `config.toml` with which `ringbank --config` dials through the lab."""
    # JSON's way to write a string is TOML's too.
    return f"""\
# Written by "ringbank lab up"; it dials simulated people only.
[database]
url = {json.dumps(f"sqlite:///{database}", ensure_ascii=False)}

[asterisk]
host = "127.0.0.1"
port = {ami_port}
username = {json.dumps(username)}
secret_file = {json.dumps(secret_file, ensure_ascii=False)}
{_sounds(sounds, sounds_there)}
[trunks.main]
channel = "PJSIP/{{number}}@carrier"
max_calls = 60
max_calls_per_second = 20
caller_ids = ["+4721000000"]

[leads]
registries = {json.dumps(registries, ensure_ascii=False)}
"""


def _sounds(here: str, there: str) -> str:
    """Return the folder for sounds, where a configuration may name it; Asterisk knows it too."""
    if not FOLDER.fullmatch(here):
        return ""
    return f'sounds = "{here}"\nsounds_there = "{there}"\n'


def _common_files(place: Place, modules: str) -> dict[str, str]:
    empty = (
        "acl",
        "ccss",
        "cel",
        "codecs",
        "features",
        "indications",
        "pjproject",
        "sorcery",
        "stasis",
        "udptl",
    )
    home = place.home
    return {
        **{f"{name}.conf": "" for name in empty},
        "asterisk.conf": f"""\
[directories]
astetcdir => {home}/etc
astmoddir => {place.modules}
astvarlibdir => {place.data}
astdbdir => {home}/lib
astkeydir => {home}/lib
astdatadir => {place.data}
astagidir => {home}/lib
astcachedir => {home}/lib
astspooldir => {home}/spool
astrundir => {home}/run
astlogdir => {home}/log
[options]
hideconnect = yes
""",
        "modules.conf": "[modules]\nautoload = no\n"
        + "".join(f"load = {name}.so\n" for name in (_COMMON_MODULES + modules).split()),
        "logger.conf": "[general]\n[logfiles]\nmessages => notice,warning,error\n",
        "rtp.conf": (
            f"[general]\nrtpstart = {place.rtp_start}\nrtpend = {place.rtp_end}\n"
            "icesupport = no\nstrictrtp = no\n"
        ),
        # The music is silence: sixty waiting agents would cost more than their calls.
        "musiconhold.conf": (
            f"[default]\nmode = files\ndirectory = {place.data}/sounds/en/silence\n"
        ),
        "amd.conf": "[general]\n",
    }


def _manager(place: Place) -> str:
    return (
        f"[general]\nenabled = yes\nport = {place.ami_port}\nbindaddr = 127.0.0.1\n"
        "displayconnects = no\n\n"
    )


def _pjsip(place: Place, peer: str, context: str, peer_port: int) -> str:
    return f"""\
[global]
type = global
user_agent = Ringbank lab
[loopback]
type = transport
protocol = udp
bind = 127.0.0.1:{place.sip_port}
[{peer}]
type = endpoint
context = {context}
transport = loopback
disallow = all
allow = ulaw
aors = {peer}
direct_media = no
dtmf_mode = rfc4733
[{peer}]
type = aor
contact = sip:127.0.0.1:{peer_port}
[{peer}]
type = identify
endpoint = {peer}
match = 127.0.0.1
"""
