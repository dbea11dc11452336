// Draws figures: reads {"figures":[{"name","title","spec"}]} from standard input and writes, into the folder given as argument,
// per figure name.svg and name.png (with title, on paper), name.inline.svg and name.vega.json (without, for the page).
// Exit code 3: a package is missing; 4: there is no font; 1: anything else.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';

const debianFonts = '/usr/share/fonts/truetype/dejavu';
const pngZoom = 2;

const [folder] = process.argv.slice(2);
const { vega, vegaLite, Resvg } = await packages();
const fonts = existsSync(debianFonts) ? { loadSystemFonts: false, fontDirs: [debianFonts] } : { loadSystemFonts: true };
const font = { ...fonts, defaultFontFamily: 'DejaVu Sans', sansSerifFamily: 'DejaVu Sans' };
requireFont();
vega.textMetrics.width = textWidth;

for (const { name, title, spec } of JSON.parse(await standardInput()).figures) {
  const svg = await draw(compile({ ...spec, title }));
  write(`${name}.svg`, svg);
  write(`${name}.png`, png(new Resvg(svg, { font, fitTo: { mode: 'zoom', value: pngZoom } }).render()));
  const { $schema, ...bare } = compile({ ...spec, background: 'transparent' });
  write(`${name}.vega.json`, JSON.stringify(bare));
  write(`${name}.inline.svg`, await draw(bare));
}

async function packages() {
  try {
    const [vega, vegaLite, resvg] = await Promise.all([import('vega'), import('vega-lite'), import('@resvg/resvg-js')]);
    return { vega, vegaLite, Resvg: resvg.Resvg };
  } catch (error) {
    return quit(3, error);
  }
}

function requireFont() {
  const probe = '<svg xmlns="http://www.w3.org/2000/svg" width="99" height="30"><text y="20" font-family="DejaVu Sans, sans-serif">x</text></svg>';
  if (!new Resvg(probe, { font }).innerBBox())
    quit(4, 'no font to draw text with');
}

function compile(spec) {
  const logger = vega.logger(vega.Warn, 'warn', (level, name, message) => console.error(message.join(' ')));
  return vegaLite.compile(spec, { logger }).spec;
}

async function draw(spec) {
  // Definitions are numbered over the whole process: numbers that start anew would collide inside one page.
  const view = new vega.View(vega.parse(spec), { renderer: 'none', logLevel: vega.Warn });
  const svg = await view.toSVG();
  view.finalize();
  // A thousandth of a pixel is enough.
  return svg.replace(/\d+\.\d{4,}(?![\de])/g, number => String(Number(Number(number).toFixed(3))));
}

// A PNG by a palette, a third of what resvg would write. Where there are more colours than it can hold, the rare ones (edges, blurred
// against each other) take the nearest of the common ones.
function png({ width, height, pixels }) {
  const colors = new Uint32Array(width * height);
  const uses = new Map();
  let run = 0;
  for (let i = 0; i < colors.length; i++) {
    const color = pixels[4 * i] << 16 | pixels[4 * i + 1] << 8 | pixels[4 * i + 2];
    colors[i] = color;
    run++;
    // Most pixels are as the one before, so that runs are counted, not pixels.
    if (i > 0 && color !== colors[i - 1]) {
      uses.set(colors[i - 1], (uses.get(colors[i - 1]) ?? 0) + run - 1);
      run = 1;
    }
  }
  uses.set(colors.at(-1), (uses.get(colors.at(-1)) ?? 0) + run);
  const common = [...uses].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, 256).map(([color]) => color);
  const numbers = new Map(common.map((color, number) => [color, number]));
  for (const color of uses.keys())
    if (!numbers.has(color))
      numbers.set(color, nearest(color, common));
  const lines = Buffer.alloc((1 + width) * height);
  let [last, number] = [-1, 0];
  for (let y = 0, i = 0; y < height; y++)
    for (let at = y * (width + 1) + 1; at < (y + 1) * (width + 1); at++, i++) {
      if (colors[i] !== last)
        [last, number] = [colors[i], numbers.get(colors[i])];
      lines[at] = number;
    }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const palette = Buffer.from(common.flatMap(color => [color >> 16, color >> 8 & 255, color & 255]));
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), chunk('IHDR', header), chunk('PLTE', palette),
    chunk('IDAT', deflateSync(lines, { level: 8 })), chunk('IEND', Buffer.alloc(0)),
  ]);
}

function nearest(color, among) {
  let [best, least] = [0, Infinity];
  for (const [number, other] of among.entries()) {
    const away = [16, 8, 0].reduce((sum, bits) => sum + Math.abs((color >> bits & 255) - (other >> bits & 255)), 0);
    if (away < least)
      [best, least] = [number, away];
  }
  return best;
}

// node has a crc32 of its own from version 20.15 on; 18 will do here.
function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++)
      crc = crc >>> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ -1) >>> 0;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

// Vega would take every letter for 0.8 em wide; these are about the widths of DejaVu Sans, in em.
function textWidth(item, text) {
  const bold = item.fontWeight === 'bold' || item.fontWeight >= 600 ? 1.1 : 1;
  let em = 0;
  for (const letter of String(text))
    em += /[ijlI.,:;'|!\s]/.test(letter) ? 0.32 : /[ftr()\[\]\-/]/.test(letter) ? 0.39 : /[mwMW%@]/.test(letter) ? 0.95 : /[A-Z]/.test(letter) ? 0.7
      : letter.codePointAt(0) > 0x2e80 ? 1 : 0.62;
  return em * bold * (item.fontSize ?? 11);
}

async function standardInput() {
  const parts = [];
  for await (const part of process.stdin)
    parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

function write(name, content) {
  writeFileSync(join(folder, name), content);
}

function quit(code, reason) {
  console.error(String(reason?.message ?? reason));
  process.exit(code);
}
