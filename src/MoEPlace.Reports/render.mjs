// Draws figures: reads {"figures":[{"name","title","spec"}]} from standard input and writes, into the folder given as argument,
// per figure name.svg and name.png (with title, on paper), name.inline.svg and name.vega.json (without, for the page).
// Exit code 3: a package is missing; 4: there is no font; 1: anything else.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

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
  write(`${name}.png`, new Resvg(svg, { font, fitTo: { mode: 'zoom', value: pngZoom } }).render().asPng());
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
  return svg;
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
