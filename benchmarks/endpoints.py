"""Sixteen servers at once, some of which misbehave: is anything lost or counted twice, and what does that cost?

    python benchmarks/endpoints.py [--servers 16] [--conversations 1600] [--stall 30] [--json]

Starts chat-completion servers on this machine in a process of their own. A server works on `--places` requests at a
time, `--work` seconds each, so that what it can do at most is known. Of every eight, one drops connections, one says
429 with Retry-After, one says 500, one stalls for `--stall` seconds and one cuts its JSON short, each in `--share` of
its requests; three are healthy. The same conversations go to the healthy servers alone, then to all through a pool.
Prints replies per second beside what the healthy servers can do at most, and what came twice or not at all.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

from breakfix import plugins
from breakfix.records import Sampling, assistant, user

FAULTS = ("", "reset", "429", "", "500", "stall", "", "truncated")


class Misbehaving:
    """One server: a queue with places, and one kind of fault."""

    def __init__(self, fault: str, options: argparse.Namespace, number: int) -> None:
        self.fault, self.options = fault, options
        self.places, self.rng = asyncio.Semaphore(options.places), Random(number)  # noqa: S311 - no secrets

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers the requests of one connection."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    (int(line[15:]) for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:"), 0
                )
                body = await reader.readexactly(length)
                if not await self.answer(head, body, writer):
                    break
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def answer(self, head: bytes, body: bytes, writer: asyncio.StreamWriter) -> bool:
        """Answers one request; False when the connection is to be dropped."""
        if head.startswith(b"GET"):
            writer.write(http(200, b'{"data": [{"id": "m"}]}'))
            return True
        fault = self.fault if self.rng.random() < self.options.share else ""
        if fault == "429":
            writer.write(http(429, b"slow down", b"Retry-After: 1\r\n"))
            return True
        async with self.places:
            await asyncio.sleep(self.options.work if fault != "stall" else self.options.stall)
        said = json.loads(body)["messages"][-1]["content"]
        done = {"choices": [{"message": {"role": "assistant", "content": f"echo {said}"}, "finish_reason": "stop"}]}
        whole = json.dumps(done).encode()
        if fault == "reset":
            writer.transport.abort()
            return False
        writer.write(http(500, b"out of memory") if fault == "500" else http(200, whole[:40] if fault else whole))
        return True


def http(status: int, body: bytes, more: bytes = b"") -> bytes:
    """An HTTP response."""
    return b"HTTP/1.1 %d x\r\nContent-Length: %d\r\n%s\r\n" % (status, len(body), more) + body


def serve_all(faults: Sequence[str], options: argparse.Namespace, ports: Any) -> None:
    """Runs a server per fault in this process and tells their ports."""

    async def main() -> None:
        running = [
            await asyncio.start_server(Misbehaving(fault, options, number).serve, "127.0.0.1", 0)
            for number, fault in enumerate(faults)
        ]
        ports.send([server.sockets[0].getsockname()[1] for server in running])
        await asyncio.Event().wait()

    asyncio.run(main())


def measured(ports: Sequence[int], options: argparse.Namespace, able: float) -> dict[str, Any]:
    """Two turns of every conversation through a pool of `ports`."""
    urls = [f"http://127.0.0.1:{port}/v1" for port in ports]
    pool = plugins.make(
        "target", "pool", {"urls": urls, "model": "m", "concurrency": options.places, "timeout_s": 2 * options.stall}
    )
    talks = [(user(f"conversation {number}"),) for number in range(options.conversations // 2)]
    wrong, cpu, started = Counter[str](), time.process_time(), time.monotonic()
    for turn in range(2):
        replies = pool.reply(talks, Sampling())
        for talk, reply in zip(talks, replies, strict=True):
            wrong["failed"] += reply.finish == "failed"
            wrong["answered with another's reply"] += reply.finish == "stop" and reply.text != f"echo {talk[-1].text}"
        wrong["lost"] += len(talks) - len(replies)
        talks = [
            (*talk, assistant(reply.text), user(f"{talk[0].text} {turn}"))
            for talk, reply in zip(talks, replies, strict=True)
        ]
    wall, cpu, counts = time.monotonic() - started, time.process_time() - cpu, pool.counts
    rate = counts.replies / wall
    return {
        "servers": len(ports),
        "replies": counts.replies,
        **wrong,
        "wall_s": round(wall, 1),
        "cpu_s": round(cpu, 1),
        "replies_per_s": round(rate, 1),
        "healthy_servers_can_at_most": round(able, 1),
        "share_of_that": round(rate / able, 3),
        "requests": counts.requests,
        "troubles": counts.troubles,
        "taken_over": counts.taken_over,
        "late_copies_discarded": counts.late,
    }


def main() -> None:
    """Prints both runs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", type=int, default=16)
    parser.add_argument("--conversations", type=int, default=1600, help="replies wanted, two a conversation")
    parser.add_argument("--places", type=int, default=4, help="requests that a server works on at a time")
    parser.add_argument("--work", type=float, default=0.25, help="seconds a request takes")
    parser.add_argument("--stall", type=float, default=30.0, help="seconds that a stalling server keeps silent")
    parser.add_argument("--share", type=float, default=0.5, help="share of a bad server's requests that go wrong")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    faults = [FAULTS[number % len(FAULTS)] for number in range(options.servers)]
    ours, theirs = multiprocessing.Pipe()
    servers = multiprocessing.Process(target=serve_all, args=(faults, options, theirs), daemon=True)
    servers.start()
    ports: list[int] = ours.recv()
    healthy = [port for port, fault in zip(ports, faults, strict=True) if not fault]
    able = len(healthy) * options.places / options.work
    figures = {"healthy alone": measured(healthy, options, able), "all": measured(ports, options, able)}
    servers.terminate()
    figures["all"]["beside_healthy_alone"] = round(
        figures["all"]["replies_per_s"] / figures["healthy alone"]["replies_per_s"], 3
    )
    if options.json:
        print(json.dumps({"faults": faults, **figures}, indent=1))
        return
    print(f"{len(ports)} servers on {os.cpu_count()} cores: " + ", ".join(fault or "healthy" for fault in faults))
    for name, figure in figures.items():
        print(name + ": " + ", ".join(f"{key} {value}" for key, value in figure.items()))


if __name__ == "__main__":
    main()
