/** FFmpeg's decoders in Node, as Mediabunny takes a decoder. */
import type * as Server from '@mediabunny/server'
import type * as Mediabunny from 'mediabunny'
import type * as NodeAv from 'node-av'
import { nextTurn } from './video'

interface Packages {
  readonly mediabunny: typeof Mediabunny
  readonly server: typeof Server
  readonly av: typeof NodeAv
}

/** The pictures of samples that FFmpeg has decoded, for as long as these are open. */
const frames = new WeakMap<Mediabunny.VideoSample, NodeAv.Frame>()

/** The picture of a sample as FFmpeg has decoded it; undefined where a browser has. */
export const frameOf = (sample: Mediabunny.VideoSample): NodeAv.Frame | undefined => frames.get(sample)

const codecs = { avc: 'H264', hevc: 'HEVC', vp8: 'VP8', vp9: 'VP9', av1: 'AV1' } as const

/** Packets after which a decoder that gave no frame will give none: no codec holds back more than 16. */
const silence = 32

/**
 * The class of decoders. One that fails says so once through `onError`, and gives nothing more: a damaged video ends
 * neither the process, as an error that is thrown here would, nor in waiting for frames that do not come.
 *
 * Decoding is in software, so that pixels are the same everywhere and nothing searches for hardware. It happens at once, in
 * the thread that asks for it: calls that FFmpeg's bindings run elsewhere abort the process when their thread ends first.
 */
export const libavDecoder = ({ mediabunny, server, av }: Packages): typeof Mediabunny.CustomVideoDecoder => {
  const check = (code: number): void => av.FFmpegError.throwIfError(code)

  return class LibavDecoder extends mediabunny.CustomVideoDecoder {
    static override supports(codec: string): boolean {
      return codec in codecs
    }

    readonly #frame = new av.Frame()
    readonly #packet = new av.Packet()
    /** Exact times of packets on their way, by their times in microseconds. */
    readonly #times = new Map<bigint, { timestamp: number; duration: number }>()
    #context: NodeAv.CodecContext | undefined
    #aspect: NodeAv.Rational = new av.Rational(1, 1)
    #unanswered = 0
    #failed = false

    init(): void {
      this.#frame.alloc()
      this.#packet.alloc()
    }

    async decode(packet: Mediabunny.EncodedPacket): Promise<void> {
      await nextTurn()
      this.#attempt(() => {
        const context = (this.#context ??= this.#open())
        if (++this.#unanswered > silence) throw new Error(`no frame in ${silence} packets`)
        const pts = BigInt(packet.microsecondTimestamp)
        this.#times.set(pts, { timestamp: packet.timestamp, duration: packet.duration })
        this.#packet.isKeyframe = packet.type === 'key'
        this.#packet.data = Buffer.from(packet.data)
        this.#packet.timeBase = { num: 1, den: 1_000_000 }
        this.#packet.pts = pts
        this.#packet.dts = av.AV_NOPTS_VALUE
        this.#packet.duration = BigInt(packet.microsecondDuration)
        check(context.sendPacketSync(this.#packet))
        this.#packet.unref()
        this.#receive(context)
      })
    }

    async flush(): Promise<void> {
      this.#attempt(() => {
        if (this.#context === undefined) return
        check(this.#context.sendPacketSync(null))
        this.#receive(this.#context)
        this.#context.flushBuffers()
        this.#times.clear()
        this.#unanswered = 0
      })
    }

    close(): void {
      this.#context?.freeContext()
      this.#context = undefined
      this.#frame.free()
      this.#packet.free()
    }

    #attempt(action: () => void): void {
      if (this.#failed) return
      try {
        action()
      } catch (error) {
        this.#failed = true
        this.onError(error)
      }
    }

    #open(): NodeAv.CodecContext {
      const { codec: name, config } = this
      const id = av[`AV_CODEC_ID_${codecs[name as keyof typeof codecs]}`]
      const codec = av.Codec.findDecoder(id)
      if (codec === null) throw new Error(`no decoder of ${name}`)
      const { codedWidth: width = 0, codedHeight: height = 0, description } = config
      const [shownWidth, shownHeight] = [config.displayAspectWidth ?? width, config.displayAspectHeight ?? height]
      if (width > 0 && height > 0) this.#aspect = new av.Rational(shownWidth * height, shownHeight * width)
      const context = new av.CodecContext()
      context.allocContext3(codec)
      context.codecType = av.AVMEDIA_TYPE_VIDEO
      context.codecId = id
      context.width = width
      context.height = height
      context.extraData = description === undefined ? null : bytesOf(description)
      // H.264 that does not say how far frames are reordered: as far as its level allows.
      check(context.setOption('strict', String(av.FF_COMPLIANCE_STRICT)))
      check(context.open2Sync(codec, null))
      return context
    }

    /** Hands on the frames that are ready. */
    #receive(context: NodeAv.CodecContext): void {
      for (;;) {
        const code = context.receiveFrameSync(this.#frame)
        if (code === av.AVERROR_EAGAIN || code === av.AVERROR_EOF) return
        check(code)
        const frame = this.#frame.clone()
        if (frame === null) throw new Error('no memory for a frame')
        frame.sampleAspectRatio = this.#aspect
        const time = this.#times.get(frame.pts) ?? { timestamp: Number(frame.pts) / 1e6, duration: 0 }
        this.#times.delete(frame.pts)
        this.#unanswered = 0
        const sample = new mediabunny.VideoSample(new server.AvFrameVideoSampleResource(frame), time)
        frames.set(sample, frame)
        this.onSample(sample)
      }
    }
  }
}

const bytesOf = (source: ArrayBuffer | ArrayBufferView): Buffer =>
  ArrayBuffer.isView(source) ? Buffer.from(source.buffer, source.byteOffset, source.byteLength) : Buffer.from(source)
