"""A caller with LiveKit's own client, and its ear: says recorded clips by the clock and tells when it heard the answer.

    caller.py URL TOKEN CLIPS.json

CLIPS.json: [{"name", "path", "begin", "end"}], where begin and end are the first and last voiced sample of a clip at 16 kHz.
Prints one JSON object for each clip: when its voice began and ended and when the agent's answer was first audible, in
seconds of this machine's monotonic clock.
"""

import asyncio
import json
import sys
import time
import wave

import numpy as np
from livekit import rtc

MOUTH_HZ = 16_000
EAR_HZ = 48_000
# Seconds of sound in a frame, both ways.
FRAME = 0.01
# Louder than this is heard: 46 dB below full scale, about the noise of a quiet line.
AUDIBLE = 164
# The agent has finished when it was silent for so long.
PAUSE = 0.6
# Longer than an answer may take.
PATIENCE = 6.0


class Mouth:
    """Sends a frame every 10 ms, silence when there is nothing to say. A sample's moment is that of its frame's turn."""

    def __init__(self):
        self.source = rtc.AudioSource(MOUTH_HZ, 1, queue_size_ms=0)
        self.waiting = np.zeros(0, dtype=np.int16)
        self.start = None
        self.frames = 0

    def say(self, sound):
        """Gives the moment of the sound's first sample."""
        self.waiting = sound
        return self.start + self.frames * FRAME

    async def run(self):
        size = round(MOUTH_HZ * FRAME)
        self.start = time.monotonic()
        while True:
            frame = self.waiting[:size]
            self.waiting = self.waiting[size:]
            frame = np.pad(frame, (0, size - len(frame)))
            self.frames += 1
            await self.source.capture_frame(rtc.AudioFrame(frame.tobytes(), MOUTH_HZ, 1, size))
            await asyncio.sleep(max(0.0, self.start + self.frames * FRAME - time.monotonic()))


class Ear:
    """Counts samples from the first one on. Their moments follow from the frames that were delayed least."""

    def __init__(self):
        self.arrivals = []
        # Where sound began after silence, in samples.
        self.onsets = []
        self.last_loud = None

    async def hear(self, track):
        async for event in rtc.AudioStream(track, sample_rate=EAR_HZ, num_channels=1, frame_size_ms=10):
            sound = np.frombuffer(event.frame.data, dtype=np.int16).astype(np.int32)
            first = len(self.arrivals) * len(sound)
            self.arrivals.append(time.monotonic())
            loud = np.flatnonzero(np.abs(sound) > AUDIBLE)
            if len(loud) == 0:
                continue
            onset = first + int(loud[0])
            if self.last_loud is None or onset - self.last_loud > 0.3 * EAR_HZ:
                self.onsets.append(onset)
            self.last_loud = first + int(loud[-1])

    def moment(self, sample):
        index = round(sample / EAR_HZ / FRAME)
        around = range(max(0, index - 150), min(len(self.arrivals), index + 150))
        return min(self.arrivals[n] - (n + 1) * FRAME for n in around) + sample / EAR_HZ

    def silent(self):
        return self.last_loud is None or len(self.arrivals) * FRAME - self.last_loud / EAR_HZ > PAUSE


def read(path):
    with wave.open(path) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (MOUTH_HZ, 1, 2), path
        return np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)


async def ask(mouth, ear, clip):
    """Says the clip and waits for the answer."""
    sound = read(clip["path"])
    before = len(ear.onsets)
    said = mouth.say(sound)
    begin, end = said + clip["begin"] / MOUTH_HZ, said + clip["end"] / MOUTH_HZ
    while len(ear.onsets) == before and time.monotonic() < end + PATIENCE:
        await asyncio.sleep(0.05)
    heard = None
    if len(ear.onsets) > before:
        # So that frames after the onset have their say in when it was.
        await asyncio.sleep(0.3)
        heard = ear.moment(ear.onsets[before])
    # A pause on both sides, so that the next sound is a new one for everybody.
    while time.monotonic() < said + len(sound) / MOUTH_HZ + PAUSE or not ear.silent():
        await asyncio.sleep(0.05)
    return dict(name=clip["name"], begin=begin, end=end, heard=heard)


async def main(url, token, clips):
    room = rtc.Room()
    mouth, ear = Mouth(), Ear()
    tasks = []
    there = asyncio.Event()

    @room.on("track_subscribed")
    def subscribed(track, publication, participant):
        if track.kind == rtc.TrackKind.KIND_AUDIO:
            tasks.append(asyncio.create_task(ear.hear(track)))
            there.set()

    await room.connect(url, token)
    track = rtc.LocalAudioTrack.create_audio_track("microphone", mouth.source)
    options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
    await room.local_participant.publish_track(track, options)
    tasks.append(asyncio.create_task(mouth.run()))
    await there.wait()
    # An agent that greets does so now.
    await asyncio.sleep(2.5)
    while not ear.silent():
        await asyncio.sleep(0.05)
    with open(clips) as file:
        for clip in json.load(file):
            print(json.dumps(await ask(mouth, ear, clip)), flush=True)
    await room.disconnect()
    for task in tasks:
        task.cancel()


asyncio.run(main(*sys.argv[1:]))
