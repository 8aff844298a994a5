/** FFmpeg's own way through a file in Node: packets in the order in which it holds them, frames in that in which they are shown. */
import type * as NodeAv from 'node-av'

type Av = typeof NodeAv

/** A file whose first video track is being decoded. */
export interface Decoding {
  readonly stream: NodeAv.Stream
  /** FFmpeg's names of the container and the codec. */
  readonly format: string
  readonly codec: string
  /**
   * The next frame, valid until the one after it is asked for; undefined at the end. Its `pts` is the number of the packet that
   * it was in, counted from 0.
   */
  readonly next: () => NodeAv.Frame | undefined
  /** Goes on with the packet of that number, a key frame's, which is still ahead. */
  readonly skipTo: (packet: number) => void
  /** What is known of a packet that has been read. */
  readonly packet: (number: number) => PacketFacts | undefined
  /** A time of FFmpeg's in seconds; undefined where it has none. */
  readonly seconds: (ticks: bigint) => number | undefined
  /** How long a frame is shown where packets do not say it. */
  readonly frameSeconds: number
  /** How many packets have been read, and how many of them were refused by the decoder. */
  readonly counts: () => Readonly<{ packets: number; refused: number }>
  readonly close: () => void
}

export interface PacketFacts {
  /** In seconds; undefined where the container does not say it. */
  readonly time: number | undefined
  readonly seconds: number
  readonly key: boolean
}

/** Containers that are read: no lists of other files, no devices, nothing that takes any text for a picture. */
const containers =
  'apng,asf,av1,avi,bmp_pipe,dirac,dv,flic,flv,gif,gxf,h261,h263,h264,hevc,ivf,m4v,matroska,mjpeg,mov,mpeg,mpegts,mpegvideo,mxf,nut,' +
  'obu,ogg,rm,tiff_pipe,vc1,vvc,webp_anim,webp_pipe,wtv,yuv4mpegpipe'

/** What a file lacks that FFmpeg can take apart. */
export class Missing extends Error {}

/**
 * Opens a file. All happens at once, in the thread that asks for it: calls that FFmpeg's bindings run elsewhere abort the
 * process when their thread ends first.
 *
 * @param maxPixels how many pixels a frame may have
 * @throws Missing where there is nothing to decode or no decoder, or FFmpeg's own error
 */
export const openDecoding = (av: Av, path: string, maxPixels: number): Decoding => {
  const check = (code: number): number => (av.FFmpegError.throwIfError(code), code)
  const input = new av.FormatContext()
  const [frame, packet, context] = [new av.Frame(), new av.Packet(), new av.CodecContext()]
  frame.alloc()
  packet.alloc()
  const close = (): void => {
    frame.free()
    packet.free()
    context.freeContext()
    input.closeInputSync()
  }
  try {
    // Options are set one by one: a dictionary is freed twice by the bindings' own openers, which ends the process later.
    input.allocContext()
    check(input.setOption('format_whitelist', containers))
    check(input.setOption('protocol_whitelist', 'file'))
    // The prefix: a name with a colon is not the address of a server.
    check(input.openInputSync(`file:${path}`, null, null))
    check(input.findStreamInfoSync(null))
    const videos = input.streams.filter(({ codecpar, disposition }) => codecpar.codecType === av.AVMEDIA_TYPE_VIDEO && (disposition & av.AV_DISPOSITION_ATTACHED_PIC) === 0) // prettier-ignore
    const decoders = videos.map(stream => av.Codec.findDecoder(stream.codecpar.codecId))
    const first = decoders.findIndex(decoder => decoder !== null)
    const [stream, codec] = [videos[first], decoders[first]]
    if (videos.length === 0) throw new Missing('a file without video track')
    if (stream === undefined || !codec)
      throw new Missing(
        `one of the codec ${videos[0]!.codecpar.codecTagString ?? 'without name'}, which FFmpeg cannot decode`,
      )
    for (const other of input.streams) if (other.index !== stream.index) other.discard = av.AVDISCARD_ALL
    context.allocContext3(codec)
    check(context.parametersToContext(stream.codecpar))
    context.pktTimebase = stream.timeBase
    context.threadCount = 1
    check(context.setOption('max_pixels', String(maxPixels)))
    check(context.open2Sync(codec, null))

    const facts: PacketFacts[] = []
    let [skipped, refused, ended] = [0, 0, false]
    const { num, den } = stream.timeBase
    const seconds = (ticks: bigint): number | undefined =>
      ticks === av.AV_NOPTS_VALUE ? undefined : (Number(ticks) * num) / den
    const rate = stream.avgFrameRate.num > 0 ? stream.avgFrameRate : stream.rFrameRate
    /** Hands the next packet to the decoder, or what says that there is none. */
    const send = (): void => {
      for (;;) {
        if (input.readFrameSync(packet) < 0) {
          ended = true
          context.sendPacketSync(null)
          return
        }
        if (packet.streamIndex !== stream.index) {
          packet.unref()
          continue
        }
        const number = facts.length
        facts.push({ time: seconds(packet.pts), seconds: seconds(packet.duration) ?? 0, key: packet.isKeyframe })
        packet.pts = BigInt(number)
        const answer = number < skipped ? 0 : context.sendPacketSync(packet)
        packet.unref()
        if (answer < 0 && answer !== av.AVERROR_EAGAIN) refused++
        if (number >= skipped) return
      }
    }
    const next = (): NodeAv.Frame | undefined => {
      for (;;) {
        frame.unref()
        const answer = context.receiveFrameSync(frame)
        if (answer >= 0) return frame
        if (answer === av.AVERROR_EAGAIN) send()
        else if (answer === av.AVERROR_EOF || ended) return undefined
        else refused++
      }
    }
    return {
      stream,
      format: input.iformat?.name ?? '',
      codec: codec.name ?? '',
      next,
      skipTo: number => {
        skipped = number
        context.flushBuffers()
      },
      packet: number => facts[number],
      seconds,
      frameSeconds: rate.num > 0 ? rate.den / rate.num : 1 / 25,
      counts: () => ({ packets: facts.length, refused }),
      close,
    }
  } catch (error) {
    close()
    throw error
  }
}
