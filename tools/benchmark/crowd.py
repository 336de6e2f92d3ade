# A thousand clients of TLS that never get anywhere: half of them say nothing, half dribble their first message byte by
# byte. Who is closed comes again. Usage: crowd.py PORT; a line on standard output when all are there.
import asyncio
import sys

MEMBERS = 1_000
PAUSE = 0.1  # between two bytes
# A ClientHello that promises 512 bytes; it never ends.
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 500


async def member(port, dribbles, arrived):
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            arrived.release()
            sent = 0
            while not reader.at_eof():
                if dribbles and sent < len(HELLO) and not writer.is_closing():
                    writer.write(HELLO[sent:sent + 1])
                    sent += 1
                    await asyncio.sleep(PAUSE)
                else:
                    await reader.read(1)
            writer.close()
        except OSError:
            await asyncio.sleep(PAUSE)


async def main(port):
    arrived = asyncio.Semaphore(0)
    members = [asyncio.create_task(member(port, number % 2 == 0, arrived)) for number in range(MEMBERS)]
    for _ in members:
        await arrived.acquire()
    print("there", flush=True)
    await asyncio.gather(*members)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
