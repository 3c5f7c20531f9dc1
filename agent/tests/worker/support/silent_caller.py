"""A caller with LiveKit's own client from whom no sound comes; tells what happens to it.

    silent_caller.py URL TOKEN nothing|picture

Prints one JSON object a line: connected, heard (the loudness of half a second of the agent's voice), let_go.
"""

import asyncio
import json
import sys

import numpy as np
from livekit import rtc

RATE = 16_000
VOICE = 300


def tell(**what):
    print(json.dumps(what), flush=True)


async def hear(track):
    sound = np.zeros(0, dtype=np.int16)
    async for event in rtc.AudioStream(track, sample_rate=RATE, num_channels=1):
        sound = np.concatenate([sound, np.frombuffer(event.frame.data, dtype=np.int16)])
        if len(sound) >= RATE // 2:
            loudness = float(np.sqrt(np.mean(sound.astype(np.float64) ** 2)))
            if loudness > VOICE:
                tell(heard=loudness)
            sound = sound[:0]


async def show(room):
    source = rtc.VideoSource(64, 64)
    track = rtc.LocalVideoTrack.create_video_track("camera", source)
    options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA)
    await room.local_participant.publish_track(track, options)
    grey = bytearray(b"\x80" * (64 * 64 * 4))
    while True:
        source.capture_frame(rtc.VideoFrame(64, 64, rtc.VideoBufferType.RGBA, grey))
        await asyncio.sleep(0.1)


async def main(url, token, what):
    room = rtc.Room()
    tasks = set()
    gone = asyncio.Event()

    @room.on("track_subscribed")
    def subscribed(track, publication, participant):
        if track.kind == rtc.TrackKind.KIND_AUDIO:
            tasks.add(asyncio.create_task(hear(track)))

    @room.on("disconnected")
    def disconnected(reason):
        tell(let_go=rtc.DisconnectReason.Name(reason))
        gone.set()

    await room.connect(url, token)
    tell(connected=room.name)
    if what == "picture":
        tasks.add(asyncio.create_task(show(room)))
    await gone.wait()


asyncio.run(main(*sys.argv[1:]))
