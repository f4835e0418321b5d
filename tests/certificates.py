"""Certificates for the tests' own servers, signed by an authority that nobody else trusts."""

import shutil
import subprocess
from pathlib import Path

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")


class Authority:
    """Vouches for the servers of one test; `file` is what has to be trusted."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.file = folder / "ca.pem"
        self._key = folder / "ca.key"
        self._openssl("-x509", "-subj", "/CN=Ringbank tests", "-keyout", self._key,
                      "-out", self.file, "-addext", "keyUsage=critical,keyCertSign")  # fmt: skip

    def certificate(self, *names: str) -> tuple[Path, Path]:
        """Return certificate and key of a server of these names, each "DNS:..." or "IP:..."."""
        stem = names[0].replace(":", "-")
        certificate, key = self._folder / f"{stem}.pem", self._folder / f"{stem}.key"
        self._openssl("-x509", "-subj", f"/CN={stem}", "-CA", self.file, "-CAkey", self._key,
                      "-keyout", key, "-out", certificate,
                      "-addext", "basicConstraints=critical,CA:FALSE",
                      "-addext", f"subjectAltName={','.join(names)}")  # fmt: skip
        return certificate, key

    def _openssl(self, *words: str | Path) -> None:
        program = shutil.which("openssl")
        assert program, "these tests need the program openssl"
        done = subprocess.run(
            [program, "req", *_KEY, *words], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
