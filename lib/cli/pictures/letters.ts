/** Pictures of pixels, with letters: DejaVu Sans at 15 pixels, which may be embedded (dejavu-fonts.github.io/License.html). */
import { type Image } from '../../video'
import { decodePng } from '../../video/png'

const LETTERS =
  ' !"#$%&\'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~…×−→←↑↓·±°αβàáâäçèéêëíîïñóôöøúûüßÀÄÇÉÖÜ'
/** How wide each letter is, in pixels. */
const WIDTHS = [5, 7, 7, 13, 10, 15, 12, 5, 6, 6, 8, 13, 5, 6, 5, 6, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 6, 6, 13, 13, 13, 8, 15, 11, 11, 11, 12, 10, 9, 12, 12, 5, 5, 10, 9, 13, 12, 12, 10, 12, 11, 10, 10, 11, 11, 15, 11, 10, 11, 6, 6, 6, 13, 8, 8, 10, 10, 9, 10, 10, 6, 10, 10, 5, 5, 9, 5, 15, 10, 10, 10, 10, 7, 8, 6, 10, 9, 13, 9, 9, 8, 10, 6, 10, 13, 15, 13, 13, 13, 13, 13, 13, 5, 13, 8, 10, 10, 10, 10, 10, 10, 9, 10, 10, 10, 10, 5, 5, 5, 10, 10, 10, 10, 10, 10, 10, 10, 10, 11, 11, 11, 10, 12, 11] // prettier-ignore
/** All letters side by side, 0 paper to 255 ink: a PNG file. */
const SHEET = 'iVBORw0KGgoAAAANSUhEUgAABREAAAAUCAAAAAA/nCXXAAASWklEQVR4Xu1ci7WjuBJ0CkqBFEiBFEiBFEiBFEiBFEiBFEiBFHhV1a0PH9t378zs3rfrOmc8sgxC6k+p1RL38cEHH3zw70GzVbHY16FPXzKqrbFCs9fdHqw8LY9lSpd88MEHH/w70M1eCHtX705+JebOC1Vf1b0zYts9ujZe8cEHfwPazY3vgx+LeczlsDpz9Huda084KHVY7Eu1Fc0Y6q1+zOu9Acwem9V7pKp7TE519d4f6v8IZj1smB6zP2zqH93iP042kHreVGpj/bBuk9EqbiQWjGhwYUzPpZjRrvgI4zqrmXpadxt0M67bLHZvhmVbIo+HbWcQ3O2ESa+ZNnV5Vp1mhHbe1lHBcrN4K99Ag1aGWw2u6gRGiudtcb5pRvSTT2XtutidLFtPraTB1bhyldyGTbciXvdy/niMiOz9d95NOfHJGOqwS9huHs20+mD1YFfVudaEQMFAr8F6BdT2bChuiiU+tNMAh519xMLiMeunFsK10mNaH1VsA4Ob+End2/MGa6i9LFiGOHlHjOcKR+0SjhiW2KiQb1Mpf7xq8xtA2PCrgElTW0EDqralHMY/hWGbT77Z0cdUCmuOkyb35GqNTAAz2c4jKJRax/Xq1K/2BKxJzYjZbjsPQwzbqmWpYi8651GYkFPmsDohHdBGQsV17oFbNFuadtRW9M9D8eCfkT2ym2Q/iLgw4gqHjETvbrYO1Ux54Ceh24d2MAEZIxq/cUKpGzBieM/kIx4RwIe9WL9dptUEsYxdO8sj+6lrxzjljJERG0Aj6ba+6fnwmlUzJ6xmn9p+5QhrlIY3885TLH07uh9WAzk2Umu9+xQ1bE3TTurlY9zHFv1ET1TbbzIJlgF0ykqq26cONM+BvGDEkWaTGXHTLN3oyVApvxgj9tBBOykvwkf0mzR7qZWpduwjjO2BnrR7r45lS2g9EICsK41pltT7HeOnDANdu9o49AadCxpZM7Of04yWfFKsGvf6dt+ipSek5YrjGXudGBExgWnbkW/r+Sx9/AlG/A1NTWtHsRojYnp/EW39KoacP2PolssntEuVYh1D6Sd1iuNS4IPZe7IfsazsLxFGUmqIxNDMiEVUwpq0kbOMA36uwlr3NZaq0FnfmKnSprzf/fjozNFxz3U2ws1W6GCsZmzpOvq8zeCFf5bFo3+aT5Zu8p4RAxKOPtR+QSSEh1WoopT6aCcx2AXMHcSXCrzrZZy6NQYLFuDcgTOSIpLo/D41SEZL0pv/Wm+9MWJSd4g5UoN8eORtLS9URDM+ffrZX48V/GJy6jZwWCdxEsPuHbNeSYiNST5gOFZbiZITpeWSX/noRJMq3jDiKO1mRlwl2mEiIQ2rHilG9HXGyJlAV7e88aaWFavMzQZppHewBJv9yXZW3Ab+pscMaIn/oHyarzVkV/NKBRNN7KwxYr0NlU9vz/GMck6M2IKVS9zd9vsYMVvBLzcVhREZ8fFwsb9EZT24UM9r9FgLZKldGTF54QBbOPpEz92Fcr38w1AdrOEOnOcfkzlo8s+iePFPonST94zY4BHGNv3WTA2Z2BkxpKkoLusBMWKwLGYncff7Eq97zog1O6NHyxGBMljOfWegAsyDiK5gRDltgjWiwSnikWPH2OcMTA7nKnD4UfYaIQSgL9ViNrNOnTVp/VOP5zxE73VH279hxOLK54xohFgyooS6tcaIkoL6huUrEVTPqwNVf197WPDcMKLdNfJ6to0lEKVuN2Ft4TEEruzFjUS1SV22vIqTk0ig4n2VVowX1EiJLLp4nBHWz5I5UjK2gOnWdTBGZJUI1xb4+ZdxrpErYSdOq+YZUal/Q8NjqMZtoarGuUMWRr1ukbKwqGXuUadnFw33XGdV6CACo5HPHYwq+LNtS2LR14hB+IGxBs0P0xra+DMiE0IjPDPidgl9rpgUWzNJ8RfQbcM2Zkp8wYgpRoRMpsD4Rl6kOTer5nUpqysq6U3ppKg7hTwrLT2fmbRwW0KjYfFbkn8Wxat/AqWbPGPEqn7UHKap1FbbMPe4au4e08D419HkBSlupA51Xc1OtMu6jO44zxlR4aZEhvyCakpG9KQVmN08C3kEZ8R92yxtNU803mgH8mbOB6HW3CAeaOj7xpWRdtHHYdvGK1Nipb4weHNgdU7uiDfZpj3aC7aapmxDp44XmWSXuEjohhHLnPMzRnRCLBmRuYhmM45bFaSJEWNrFJuuFnHd1NoyOOZjbxnRpg4xIGcg7NhhvH5dk+bdem+zV882OxojwjYEkoDRBCgxGUuBDimRUQ8b16Xr1DIXbi3TnS2WN6PSP/WObIqIdQAJYTZmkka/6DaF7EdHIyH6N1zRbyMyH2p9XKeq8mB+9AXiCDqsZGJlw6gLj2VGdqF/VNPC3EzyO7NRCpRCIeUpBqBVib6UUYB2lFCYbNr4DiOGFeOw6PsWrceZWo+nygYkmPX7ghExAk0E6DOyYPQjiKzuZeZZNa9LSV1JSW9KZ0a8Uch9iathXnfHgwdGVLu6JfpnUbz658l5roxYxHtA0ywjcl3K1Y1LKHdWFNYJYdnkLmJDIgZsGEs7hqluvc3njKh1uQW0vpgsGFFUBmy7bSVw68sYsUFOYNINK/KpmOH9Dh9iizs0/yio6ynaAyMG5AFmJz7bpCGsiQpU6fsQ+I3dY5aKOzTIqiLRYbRrU47laNkNi8EMUeLsjGdx0Wcr0YfylfHn/cSIaW+iYERO4SPy2saITDRQY6k1Tne8ul7AUTe10ky1QC4+7htGFBkaLXI7BTMfd9f8uNaS5oVR3RX62IjkntLvT125BDPIaAuiCWwlZWAWGsAke2dJW5m2apY2B9m/VSb68w8Ron8zmWsuxIB0g0V2UYXFs4uGZV7KhBPmZNnv5CTkeiij2TADWAwwrIqIzf5Fi8nUHh63PGXERGElkG5orru1CcqM5LVLqi5JMH1RTups5QIHAlfhsGdkqLPjSTWvS0ldWUmvS2dGvFHIbQkXI5SP171ixNil7J+5ePBPE8TJTW4Y8bS+gbQ9GKxmhFNZ9iAxJLKoEmRyJ9qO+kVEVjUrsL3mqy4C4MVKdmI25JaUGTHZRNMgasL/NDhjREES08weqdPXGfU2tr0cC5SG+DJHsgak/Ic0u1a2QQDk32ff2bUFI5ZdAS0iNQtmcaazWFw52oEdf8qIp52V4Fci58Ne+c8KVMoYUdsVJ0bEsnlrIyPSmq+MSCkzuZ1rcb9qY6IDW/i7Zc7vGJEZV19JoAWkeLFlpaQszS6FLAgSvYSp3ArGiKbNLzBiwL6SeaC1zhtio6IoU7PpjaIQI9ovjds/H0eqKxzNCLGoEl8pjMs3qBGtYk7PtoZttAgwc1OF37FB7ZTCFLHjN3sMEDAv83o26wZqO1BcQZilJUactIqnCLYJmxS+AXFGtVkQcLLPWBxlPNobI9yYXzAiWwGBllZu8gya3sY5dHDqg2pel5INZCW9Lp0Z8UYhT0rNIpHf8eCBETu3+uyfuXj0TwktuiJwz4h5DhCYMxTtEfWyRgUxkdiutfROwuCyCY5qSIwol6jN8866wGyUGrOo4n7VfDjSxMilwoGmkhFVXOTAniBzb9ZkYX7bgQC09C1RryXDXxC62WNSUzsmKB35hNtXMDPRrsXiRlgD/e4alb9cNVfY6xUjquqyakb0LY2WjIj20JPIiAjdblbNvv+ea9Ewa7tii8NzzGdG5B2Ma1yUy8StNWyWeO50WdJOZryTizsrxGMavhP3lhGnpWtxGAIlp5wppyasQCuPx3vQqBgx/xL96ehoceYrGZHf2d10gzWiIZyenRvG7xMmzfQ1+x2NlNJndDP39e5biTABH7nNU8mzMATXRGLEylyp4wkK0EvynSMyI3ZbBBtJoD0UX4R7Rsw1flmEDVvOl+WZVfOyVKjL0L0pncnwRiFPShV2qKmuOx48MCKcnQvDwj+L4tU/T85T+sENOBMIbttTmuvioRyyJQeKdKZtpBA+w8ZwL+Ggi1DXSlUSlnkSCZ53VkLB1hw1plPvU+JmSsIGYm4cswf2zScAZd9UKoAkT9xDOcew2G9ZPRsT7CgjmEHHkPDBGV1pfrNCk63WmU7GhEv82c6KcbjNAM8YEX6jHHnJiHgwehEZMWxDubOikCQ/LNVCEqqNUTThGT6v8ZtMZesYt6GGjUrD8tF8HUd0cUZKv2RGnIy2WTI78kMIbxlRDRgjSn3XGFEBm8dAKD2JEY+MOPkS4SUjWtRyjBGLsNQZkZdQT/bVdtJFaZC5z98tBr+5WOt9scC7w2aUakY/woLTNmZmiRHHRdk/r9UZkCuwam5frJqxPFJwYDScUJAgTleVSUXhzIgWI0rxNk4Ws2q+UCKykl6XnjFioZCbEsSJPKfqshbuSmovkM8K/yyLF/+8d54zdUXUzTw1/RpDDjBinBS0M+WMKM4KxaK0t1Y9tso46yLBEiGyGjvbkRnR9tsiGPorX43MVXJDPk1rAl/HRdZWv/LaLi3qSwTsKSqkOaxKsDW5xyRiAk5BydUhfow8IMuofuAyk6K6H0/Rp9qa2fE7RvTg/jUjQkv0qQMjNiToyIiQtSR1OWcjxFoKxGq1MJdEfa0QeU1pNv/EtdFy2l3Wtiihx6wBq+yOeKdlWQVnRE8xv2dEilgBpvJ2ajDnETX7sD4f7vI8Itu1dN8tI4KQ2PBrRlSjkkl+th6pr5kRdbMdPtanDI0yMEktM5qYtN2Mocw6q0k5sZrc5I4DhZmQEiN6XvEl3u2sIG/J/5pTgFkw4siN5zRhGarzk8ntOKKKkg6oKSbJqnldynnEpKTXpaeMmBVyV8Jyznkla+GuZIpD6q/wz9JVL/5JlM5z8AOh2NEgivPZQxsm7IGbO1HV2PJVpAqdVfiSz+HWZiBKmJZIjFjns/Ich59ggwH4CW2Q3oLtHNyOTImzFLIt2EWJrGarZqvTHYhR485K3JoG56AdMkrTt90sw7AQtHg+qu5O35Tzqrs+thc4SdXY/8Loi3PMkC262NkBFDsByvhLR6KnXfkiz1lQeelhI09o99pOfs6IYBc067cjSI0STIyIt3fMCHTIVLLIj4i1VLjVavzr0EIw5q0p0ptXHHH3o5b5QCvWZLx53HW37Zt6utrvxPsX6hwH54yo06VfYETYWjXpfC72ez2NWu8DdIpOIvQJnfL9EAEExW1Rozb8gvV/sv8zI+Kjp65fMyLORyB+0tjSs08Nw0xgfExEd1uL4cFxmI2W2Da3tYHS7229ysncJ2Amm5XwiWeAv7TXLOXkj7enb+LxPMtLJZQLZRwcKgnxJluuiBbBKNl11JYwB5NV87qU1JWV9Lr0lBGzQu5Kwz56KWvhroS9IW6248B29s/SVU/+aWZbOs/BD4QjIzJhFtOIYI5981fybLPFd1b4ntu+YKGfbjWPuLyrlRjRFC6QEf0tB+7dWOrR8w7o7GolqHyYwbnJjIwR8QqHzoz7vXb6JmdPeZpJJ39qni1Xz8+nb4QTcZ8r3PUbcCtPv447z8zHIIr7OrZr5RvxeBFqVwDA2mW03vm+Vly8GjqkZU2gV0Zk65HDpng7ZqcLI6JLJuZ+wUkkk3vhEajdrfteSwdHRsC2XoDEiHiFMh4eK196WmVOnXIU7u62oRrvbK1vypRFRrRk9FtGhFdtozYlcP5vK84jSlfgpsXUjKpdL5f5CW3+or3vZ4yo5eRrRjycR4zPTo80RkSK1l/gxJkcBlJYT3gCGz7E/9A02sAkiaJJx9Y45oQuGgn6O4zoJ7QLRvsSDqnDY4R4zg0ZuE6CjUFkC3JF8qKsmtelrK6kpNels6JuFHJT4vuD5lWlFm5KYEToEBcW/lm66sk/AeklO8/RD97Cnf4t9Dqd8+Ideo/iHJno/iacnv9FcMpGxidEsviDOEXqv4SqnPD+LCIj2tT3lhF/BX2cGwqcz0l8DcZ+CVr2/CpiJj3jzIhxIvpROIniawiXsf5+hL86K7zE5aXS7+OrjBiU8X0uKY/r/jF87/kB785hCdSMNlf9OdTffgf7FvF9wT8P/aUHRz5N+btRIRmC19jP1aH5Sm7uit/PiDiCcTEw33uOjHj7x6n+cXyHEQNeUz7X/WjgreSLdr6NL7fUQt/89y8DgnOshO//EM5vxPz1qP1nAX9lI8kGKas/5Clhxt+OuJIfzq1+SzG/nxEXP7pUorbTNv63b9JpnJ+F7zAi3u46V/1s4O9H/bKGP0goXP6Dv4bKz9P9SC74G6BXujxGPO2FfPDBB/89VIYPGXzw/4D/AboeO/7HmslnAAAAAElFTkSuQmCC' // prettier-ignore

/** An RGB image to be drawn on. */
export type Canvas = Image & { readonly channels: 3 }

/** A white one. */
export const canvas = (width: number, height: number): Canvas => ({
  width,
  height,
  channels: 3,
  data: new Uint8Array(3 * width * height).fill(255),
})

export const fill = (
  { width, data }: Canvas,
  x: number,
  y: number,
  w: number,
  h: number,
  colour: readonly number[],
): void => {
  for (let row = y; row < y + h; row++)
    for (let column = x; column < x + w; column++) data.set(colour, 3 * (row * width + column))
}

/** An RGB image at a place that has room for it. */
export const paste = ({ width, data }: Canvas, image: Image, x: number, y: number): void => {
  for (let row = 0; row < image.height; row++)
    data.set(image.data.subarray(3 * row * image.width, 3 * (row + 1) * image.width), 3 * ((y + row) * width + x))
}

const starts = WIDTHS.map((_, i) => WIDTHS.slice(0, i).reduce((a, b) => a + b, 0))
/** The place of a letter among all, a question mark's for one that is not there. */
const placeOf = (letter: string): number => {
  const found = Array.from(LETTERS).indexOf(letter)
  return found < 0 ? LETTERS.indexOf('?') : found
}
export const widthOf = (text: string): number =>
  Array.from(text, letter => WIDTHS[placeOf(letter)]!).reduce((a, b) => a + b, 0)

/** A text that has no more than some pixels. */
export const shortened = (text: string, room: number): string => {
  if (widthOf(text) <= room) return text
  const letters = Array.from(text)
  while (letters.length > 0 && widthOf(`${letters.join('')}…`) > room) letters.pop()
  return `${letters.join('')}…`
}

let sheet: Image | undefined
/** Writes black letters; what lies beyond the edge is left out. */
export const write = ({ width: wide, height: high, data }: Canvas, x: number, y: number, text: string): void => {
  sheet ??= decodePng(Buffer.from(SHEET, 'base64'))
  let at = x
  for (const letter of text) {
    const place = placeOf(letter)
    const [from, width] = [starts[place]!, WIDTHS[place]!]
    for (let row = 0; row < sheet.height; row++)
      for (let column = 0; column < width; column++) {
        const ink = sheet.data[row * sheet.width + from + column]! / 255
        const pixel = 3 * ((y + row) * wide + at + column)
        if (ink === 0 || at + column >= wide || y + row >= high) continue
        data.set(
          data.subarray(pixel, pixel + 3).map(value => value * (1 - ink)),
          pixel,
        )
      }
    at += width
  }
}
