"""A certificate authority and one certificate for all servers of a sandbox, made with openssl."""

import subprocess


class Tls:
    def __init__(self, directory, addresses):
        self.ca, self.certificate, self.key = (directory / name for name in ("ca.pem", "server.pem", "server.key"))
        self.directory, self.addresses = directory, addresses

    def _openssl(self, *words):
        done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"openssl {words[0]}: {done.stderr.strip()}")

    def make(self):
        """The authority's key is thrown away at once: nobody can sign more."""
        self.directory.mkdir(mode=0o700)
        ca_key, request = self.directory / "ca.key", self.directory / "request.pem"
        names = self.directory / "names"
        names.write_text("subjectAltName=" + ",".join(f"IP:{address}" for address in sorted(set(self.addresses))))
        new_key = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        self._openssl(*new_key, "-x509", "-days", 3650, "-subj", "/CN=sandbox", "-keyout", ca_key, "-out", self.ca)
        self._openssl(*new_key, "-subj", "/CN=sandbox server", "-keyout", self.key, "-out", request)
        signer = ("-CA", self.ca, "-CAkey", ca_key, "-set_serial", 1, "-days", 3650, "-extfile", names)
        self._openssl("x509", "-req", "-in", request, *signer, "-out", self.certificate)
        for scrap in (ca_key, request, names):
            scrap.unlink()
