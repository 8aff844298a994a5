/** What codecs and containers are called by people, where libraries have names of their own. */

const codecs: Readonly<Record<string, string>> = {
  avc: 'H.264',
  h264: 'H.264',
  hevc: 'HEVC',
  vp8: 'VP8',
  vp9: 'VP9',
  av1: 'AV1',
  libdav1d: 'AV1',
  libaom: 'AV1',
  mpeg4: 'MPEG-4 part 2',
  msmpeg4: 'DivX 3',
  msmpeg4v3: 'DivX 3',
  mjpeg: 'Motion JPEG',
  prores: 'ProRes',
  mpeg1video: 'MPEG-1',
  mpeg2video: 'MPEG-2',
  flv: 'Sorenson H.263',
  h263: 'H.263',
  wmv1: 'WMV 7',
  wmv2: 'WMV 8',
  wmv3: 'WMV 9',
  theora: 'Theora',
  rawvideo: 'raw pictures',
  dvvideo: 'DV',
  gif: 'GIF',
  apng: 'PNG',
  webp_anim: 'WebP',
}

const containers: Readonly<Record<string, string>> = {
  'mov,mp4,m4a,3gp,3g2,mj2': 'MP4 or MOV',
  'matroska,webm': 'Matroska or WebM',
  avi: 'AVI',
  mpegts: 'MPEG-TS',
  mpeg: 'MPEG-PS',
  asf: 'WMV',
  flv: 'FLV',
  ogg: 'Ogg',
}

/** A codec in a container, by the names of libraries; the codec alone where it is its own container. */
export const kindOf = (codec: string, container: string): string => {
  const within = containers[container] ?? container
  const name = codecs[codec] ?? codec
  return codec === container ? name : `${name} in ${within}`
}
