"""One kept connection to a MariaDB server, so that a statement costs its round trip and nothing else.

The client/server protocol as far as the floors need it: mysql_native_password over TCP, COM_QUERY, text results.
Source: MariaDB's documentation, "Clients & Utilities / Server Client Protocol".
"""

import hashlib
import socket
import struct

PROTOCOL_41, SECURE_CONNECTION, PLUGIN_AUTH = 0x200, 0x8000, 0x80000
PACKET_BYTES_MAX = 1 << 24
UTF8MB4 = 45
COM_QUERY = b"\x03"
OK, EOF, ERR = 0x00, 0xFE, 0xFF
NULL = 0xFB


class SqlError(RuntimeError):
    """What the server said, with its number."""


def scramble(password, salt):
    once = hashlib.sha1(password.encode()).digest()
    mask = hashlib.sha1(salt + hashlib.sha1(once).digest()).digest()
    return bytes(a ^ b for a, b in zip(once, mask))


class Reader:
    """Takes values off a packet."""

    def __init__(self, packet):
        self.packet, self.at = packet, 0

    def take(self, length):
        self.at += length
        return self.packet[self.at - length : self.at]

    def until_nul(self):
        return self.take(self.packet.index(b"\0", self.at) - self.at + 1)[:-1]

    def length(self):
        """Length-encoded integer; None for NULL."""
        first = self.take(1)[0]
        if first == NULL:
            return None
        return first if first < NULL else int.from_bytes(self.take({0xFC: 2, 0xFD: 3, 0xFE: 8}[first]), "little")

    def text(self):
        length = self.length()
        return None if length is None else self.take(length).decode()


class Connection:
    def __init__(self, host, port, user, password, timeout_s=60):
        self.socket = socket.create_connection((host, port), timeout=timeout_s)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = self.socket.makefile("rb")
        self.sequence = 0
        self._log_in(user, password)

    def close(self):
        self.stream.close()
        self.socket.close()

    def __call__(self, sql):
        """Runs one statement; rows as dictionaries, [] if it gives none. SqlError; OSError for a lost connection."""
        self.sequence = 0
        self._send(COM_QUERY + sql.encode())
        packet = self._receive()
        if packet[0] == OK:
            return []
        columns = [self._column() for _ in range(Reader(packet).length())]
        self._receive()  # the end of the columns
        rows = []
        while not self._is_end(packet := self._receive()):
            reader = Reader(packet)
            rows.append({name: reader.text() for name in columns})
        return rows

    def value(self, expression):
        return next(iter(self(f"SELECT {expression}")[0].values()))

    def status(self, name):
        return self(f"SHOW GLOBAL STATUS LIKE '{name}'")[0]["Value"]

    def channel(self):
        """SHOW SLAVE STATUS of the one channel, {} without one."""
        return next(iter(self("SHOW SLAVE STATUS")), {})

    def _log_in(self, user, password):
        hello = Reader(self._receive())
        hello.take(1)
        hello.until_nul()  # the version
        hello.take(4)  # the connection's number
        salt = hello.take(8)
        hello.take(19)  # capabilities, character set, status, length of the salt
        salt += hello.take(12)
        answer = scramble(password, salt)
        flags = PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH
        packet = struct.pack("<IIB23x", flags, PACKET_BYTES_MAX, UTF8MB4) + user.encode() + b"\0"
        packet += bytes([len(answer)]) + answer + b"mysql_native_password\0"
        self._send(packet)
        self._receive()

    def _column(self):
        reader = Reader(self._receive())
        for _ in range(4):
            reader.text()  # catalog, schema, table, original table
        return reader.text()

    @staticmethod
    def _is_end(packet):
        return packet[0] == EOF and len(packet) < 9

    def _send(self, payload):
        self.socket.sendall(struct.pack("<I", len(payload))[:3] + bytes([self.sequence]) + payload)

    def _receive(self):
        header = self.stream.read(4)
        payload = self.stream.read(int.from_bytes(header[:3], "little"))
        if len(header) < 4 or not payload:
            raise ConnectionResetError("the server closed the connection")
        self.sequence = header[3] + 1
        if payload[0] == ERR:
            number, text = struct.unpack_from("<H", payload, 1)[0], payload[9:].decode(errors="replace")
            raise SqlError(f"{number}: {text}")
        return payload
