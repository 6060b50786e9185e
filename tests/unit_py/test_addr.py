#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""shim6ctl addr without shim6d, judged by hashlib and openssl(1).

usage: tests/unit_py/test_addr.py        after `make`
Prints a line a test, and "N passed, M failed" at the end.
"""
import hashlib
import ipaddress
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SHIM6CTL = os.path.join(ROOT, "build", "bin", "shim6ctl")
P1, P2 = "2001:db8:a1::/64", "2001:db8:a2::/64"


def addr(*args, status=0):
    # A socket that is not there: these commands need no daemon.
    r = subprocess.run([SHIM6CTL, "-s", "/nonexistent", "addr", *args], capture_output=True)
    assert r.returncode == status, (args, r.returncode, r.stdout, r.stderr)
    return r


def iid(pds, sec):
    """RFC 3972, section 4, steps 5 and 6."""
    h = bytearray(hashlib.sha1(pds).digest()[:8])
    h[0] = h[0] & 0x1c | sec << 5
    return bytes(h)


class Addr(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.dir)

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def generate(self, kind, *more):
        r = addr("generate", kind, "--prefix", P1, "--prefix", P2, "--out", self.path("out"), "--json", *more)
        made = json.loads(r.stdout)
        return [(ipaddress.ip_address(m["addr"]).packed, self.path("out", m["file"])) for m in made]

    def octets(self, file):
        with open(file, "rb") as f:
            return f.read()

    def test_kinds(self):                           # S3972-4-06 S5535-6-07 S5535-6-12 S5535-6-13 S5535-6-14 S5535-6-16
        for kind in "hba", "cga", "hybrid":
            for sec in 0, 1:
                for (a, file), prefix in zip(self.generate(kind, "--sec", str(sec)), (P1, P2)):
                    pds = self.octets(file)
                    net = ipaddress.ip_network(prefix).network_address.packed[:8]
                    self.assertEqual(a, net + iid(pds, sec))
                    self.assertEqual(pds[16:25], net + b"\0")
                    ext = b"\x00\x12\x00\x14" + (b"\x80" if kind == "hybrid" else b"\0") + b"\0\0\0"
                    ext += b"".join(ipaddress.ip_network(p).network_address.packed[:8] for p in (P1, P2))
                    self.assertEqual(pds.endswith(ext), kind != "cga")
                    if sec:                         # Hash2 (S3972-4-01)
                        h = hashlib.sha1(pds[:16] + bytes(9) + pds[25:]).digest()
                        self.assertEqual(h[:2], b"\0\0")
                    addr("verify", file)
                shutil.rmtree(self.path("out"))

    def test_openssl_reads_key(self):               # S5535-6-03 S5535-6-04 S5535-6-05 S5535-6-06
        for kind, bits in ("hba", 384), ("hybrid", 2048):
            _, file = self.generate(kind)[0]
            pds = self.octets(file)
            key = pds[25:25 + json.loads(addr("show", file, "--json").stdout)["key"].__len__() // 2]
            r = subprocess.run(["openssl", "pkey", "-pubin", "-inform", "DER", "-noout", "-text"], input=key,
                               capture_output=True)
            self.assertIn(b"(%d bit)" % bits, r.stdout)
        self.assertEqual(os.stat(self.path("out", "key.pem")).st_mode & 0o777, 0o600)
        shown = json.loads(addr("show", file, "--json").stdout)
        self.assertEqual(shown["key_sha256"], hashlib.sha256(key).hexdigest())
        self.assertEqual(json.loads(addr("key", self.path("out", "key.pem"), "--json").stdout)["sha256"],
                         shown["key_sha256"])

    def test_two_runs_differ(self):                 # S3972-4-02 S5535-6-08
        a, b = self.generate("hybrid"), self.generate("hybrid")
        self.assertNotEqual(a[0][0], b[0][0])

    def test_text_and_back(self):
        a, file = self.generate("hybrid")[0]
        text = self.path("text.pds")
        for form in [], ["--hex"]:
            with open(text, "wb") as f:
                f.write(addr("show", file, *form).stdout)
            self.assertEqual(addr("show", "--der", text).stdout, self.octets(file))
            addr("verify", text, str(ipaddress.ip_address(a)))

    def test_text_is_that_of_cgatool(self):         # "show_ctx" of LinShim6's, less its settings and trailing blanks
        def lines(indent, octets):
            for i in range(0, len(octets), 16):
                row = octets[i:i + 16]
                yield indent + "  ".join(row[j:j + 8].hex(" ") for j in range(0, len(row), 8))
        a, file = self.generate("hybrid", "--sec", "1")[0]
        pds = self.octets(file)
        key = bytes.fromhex(json.loads(addr("show", file, "--json").stdout)["key"])
        text = addr("show", file).stdout.decode().splitlines()
        self.assertEqual([line for line in text if not line.startswith("#")], [
            "\tprefix: 2001:db8:a1::", "\tcollisions: 0", "\tsec: 1", "\tmodifier: " + next(lines("", pds[:16])),
            "\taddress: " + str(ipaddress.ip_address(a)), "\tparameters:", *lines("\t\t", pds),
            "\tpublic key:", *lines("\t\t", key)])
        bad = self.path("bad.pds")
        with open(bad, "w") as f:
            f.write("\n".join(text).replace("parameters:\n", "parameters:\n\t\tzz\n"))
        at = text.index("\tparameters:") + 2
        self.assertIn(b"bad.pds:%d:" % at, addr("show", bad, status=1).stderr)

    def test_estimate_is_honest(self):              # what is left: 2^32 hashes at the speed so far, whatever was done
        p = subprocess.Popen([SHIM6CTL, "addr", "generate", "hba", "--prefix", P1, "--sec", "2", "--out", self.dir],
                             stderr=subprocess.PIPE, text=True)
        said = [p.stderr.readline() for _ in range(3)][2]
        p.terminate()
        p.communicate()
        m = re.match(r"(\d+) tries in (\S.*?); on average (\S.*?) more", said)
        self.assertTrue(m, said)
        tries, gone, more = int(m[1]), self.seconds(m[2]), self.seconds(m[3])
        self.assertAlmostEqual(more * tries / gone / 2**32, 1, delta=0.5, msg=said)
        self.assertEqual(os.listdir(self.dir), [])

    def seconds(self, text):
        unit = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400}
        return sum(float(n) * unit[u] for n, u in re.findall(r"([\d.]+) ?([a-z]+)", text))

    def test_members_prove_each_other(self):        # S5535-7.2-01
        (a, file), (b, _) = self.generate("hba")
        addr("verify", file, str(ipaddress.ip_address(b)))
        out = addr("verify", file, "2001:db8:a1::1", status=1).stdout
        self.assertIn(b"Hash1", out)
        out = addr("verify", file, "2001:db8:a9::1", status=1).stdout
        self.assertIn(b"not one of the HBA set", out)

    def test_bad_input_is_named(self):
        _, file = self.generate("hybrid")[0]
        bad = self.path("bad.pds")
        with open(bad, "wb") as f:
            f.write(self.octets(file)[:60])
        self.assertIn(b"bad.pds: octet 25:", addr("verify", bad, status=1).stderr)
        with open(bad, "w") as f:
            f.write("01 02\n0x\n")
        self.assertIn(b"bad.pds:2:", addr("show", bad, status=1).stderr)
        os.chmod(self.path("out", "key.pem"), 0o644)
        self.assertIn(b"others may read it", addr("key", self.path("out", "key.pem"), status=1).stderr)
        self.assertIn(b"others may read it", addr("generate", "cga", "--prefix", P1, "--out", self.path("out"),
                                                  status=1).stderr)

    def test_usage(self):
        for args in (["generate", "hba"], ["generate", "no", "--prefix", P1], ["generate", "hba", "--prefix", "::/48"],
                     ["generate", "cga", "--prefix", P1, "--sec", "3"], ["key", "--bits", "1024", "--new", "x"],
                     ["generate", "hba", "--prefix", P1, "--key", "x"], ["verify"], ["show", "a", "b"], ["nothing"], []):
            addr(*args, status=2)

    def test_keys_are_not_overwritten(self):
        key = self.path("k.pem")
        addr("key", "--new", key)
        self.assertIn(b"not overwritten", addr("key", "--new", key, status=1).stderr)
        addr("generate", "cga", "--prefix", P1, "--key", key, "--out", self.path("a"))
        self.generate("cga")
        r = addr("generate", "cga", "--prefix", P1, "--key", key, "--out", self.path("out"), status=1)
        self.assertIn(b"another key", r.stderr)


class Result(unittest.TextTestResult):
    def say(self, word, test):
        print(word, self.testsRun, "-", test._testMethodName, flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.say("ok", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.say("not ok", test)

    def addError(self, test, err):
        super().addError(test, err)
        self.say("not ok", test)


if __name__ == "__main__":
    result = unittest.TextTestRunner(stream=sys.stderr, resultclass=Result, verbosity=0).run(
        unittest.defaultTestLoader.loadTestsFromTestCase(Addr))
    bad = len(result.failures) + len(result.errors)
    print("%d passed, %d failed" % (result.testsRun - bad, bad))
    sys.exit(bad != 0)
