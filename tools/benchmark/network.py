# A network of its own for the servers and clients of a case, so that the machine's congestion control does not decide.
import contextlib
import ctypes
import fcntl
import os
import pathlib
import socket
import struct

UNPACED = ("cubic", "reno")  # the default of Linux and Debian, and the one that no machine forbids
CHOICE = pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control")  # that of the network of whoever asks
NEW_NETWORK = 0x40000000  # CLONE_NEWNET
SET_FLAGS, UP = 0x8914, 1  # SIOCSIFFLAGS, IFF_UP


def call(function, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), f"{function}: {os.strerror(ctypes.get_errno())}")


def leave_home(stack):
    """Into a new network with its loopback up and no pacing; the end of the stack leads back."""
    home = stack.enter_context(open("/proc/thread-self/ns/net", "rb"))
    call("unshare", NEW_NETWORK)
    stack.callback(call, "setns", home.fileno(), NEW_NETWORK)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh14x", b"lo", UP))
    for name in UNPACED:
        try:
            return CHOICE.write_text(f"{name}\n")
        except OSError as error:
            refused = error
    raise refused


@contextlib.contextmanager
def unpaced(remark):
    """What starts in the block has a loopback whose congestion control does not pace by timers. Yields the name of the one that it
    has: the machine's where no other can be had, and a remark says so."""
    with contextlib.ExitStack() as stack:
        try:
            leave_home(stack)
        except OSError as error:
            stack.close()
            remark(f"fairness was measured with {CHOICE.read_text().strip()}, because no network of its own could be had: {error}")
        yield CHOICE.read_text().strip()
