"""A caller with LiveKit's own client: speaks a tone, tells what it hears, and does what the agent types.

    foreign_caller.py URL TOKEN

Prints one JSON object a line. Typed commands: mute, unmute, republish, press, picture, leave.
"""

import asyncio
import json
import sys

import numpy as np
from livekit import rtc

RATE = 48_000
TONE_HZ = 440
FRAME = RATE // 100


def tell(**what):
    print(json.dumps(what), flush=True)


async def speak(source):
    position = 0
    while True:
        at = np.arange(position, position + FRAME)
        sound = (8_000 * np.sin(2 * np.pi * TONE_HZ * at / RATE)).astype(np.int16)
        await source.capture_frame(rtc.AudioFrame(sound.tobytes(), RATE, 1, FRAME))
        position += FRAME


async def hear(track):
    sound = np.zeros(0, dtype=np.int16)
    async for event in rtc.AudioStream(track, sample_rate=RATE, num_channels=1):
        sound = np.concatenate([sound, np.frombuffer(event.frame.data, dtype=np.int16)])
        if len(sound) >= RATE // 2:
            rising = np.count_nonzero((sound[:-1] < 0) & (sound[1:] >= 0))
            loudness = float(np.sqrt(np.mean(sound.astype(np.float64) ** 2)))
            tell(heard_hz=rising * RATE / len(sound), heard_rms=loudness)
            sound = sound[:0]


class Caller:
    def __init__(self, room):
        self.room = room
        self.source = rtc.AudioSource(RATE, 1)
        self.publication = None
        self.tasks = set()

    def start(self, work):
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def publish(self):
        track = rtc.LocalAudioTrack.create_audio_track("microphone", self.source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        self.publication = await self.room.local_participant.publish_track(track, options)

    async def obey(self, command):
        me = self.room.local_participant
        if command == "mute":
            self.publication.track.mute()
        elif command == "unmute":
            self.publication.track.unmute()
        elif command == "republish":
            await me.unpublish_track(self.publication.sid)
            await self.publish()
        elif command == "press":
            await me.publish_dtmf(code=11, digit="#")
        elif command == "picture":
            video = rtc.LocalVideoTrack.create_video_track("camera", rtc.VideoSource(64, 64))
            await me.publish_track(video, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA))
        elif command == "leave":
            await self.room.disconnect()
        tell(done=command)


async def main(url, token):
    room = rtc.Room()
    caller = Caller(room)

    @room.on("track_subscribed")
    def subscribed(track, publication, participant):
        tell(subscribed=publication.name, kind=int(track.kind), by=participant.identity)
        if track.kind == rtc.TrackKind.KIND_AUDIO:
            caller.start(hear(track))

    @room.on("participant_attributes_changed")
    def attributes(changed, participant):
        tell(attributes=dict(participant.attributes), of=participant.identity)

    async def read(reader, sender, topic):
        text = await reader.read_all()
        tell(topic=topic, text=text, sender=sender, attributes=dict(reader.info.attributes or {}))
        if topic == "lk.chat":
            await caller.obey(text)

    for topic in ("lk.chat", "lk.transcription"):
        room.register_text_stream_handler(
            topic, lambda reader, sender, topic=topic: caller.start(read(reader, sender, topic))
        )

    gone = asyncio.Event()
    room.on("disconnected", lambda *_: gone.set())
    await room.connect(url, token)
    tell(connected=room.name)
    await caller.publish()
    caller.start(speak(caller.source))
    await room.local_participant.send_text("hello from outside", topic="lk.chat")
    await gone.wait()


asyncio.run(main(*sys.argv[1:]))
