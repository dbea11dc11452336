// Turns each drawing into a live one once it comes into sight; where scripts are off or fail, the drawing stays as it is.
'use strict';

const tip = document.createElement('div');
tip.className = 'tip';
tip.hidden = true;
document.body.append(tip);

const seen = new IntersectionObserver(entries => {
  for (const entry of entries.filter(e => e.isIntersecting)) {
    seen.unobserve(entry.target);
    enliven(entry.target);
  }
}, { rootMargin: '400px' });
for (const drawing of document.querySelectorAll('.drawing'))
  seen.observe(drawing);

async function enliven(drawing) {
  const spec = JSON.parse(document.getElementById(drawing.dataset.spec).textContent);
  const live = document.createElement('div');
  await new vega.View(vega.parse(spec), { renderer: 'svg', container: live, hover: true, tooltip: showTip, logLevel: vega.Error }).runAsync();
  drawing.replaceChildren(live);
}

function showTip(handler, event, item, value) {
  tip.hidden = value == null || value === '';
  if (tip.hidden)
    return;
  tip.replaceChildren(...Object.entries(value).map(([name, text]) => {
    const line = document.createElement('div');
    line.textContent = `${name}: ${text}`;
    return line;
  }));
  const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
  tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, room))}px`;
  tip.style.top = `${event.clientY + 16 + tip.offsetHeight > innerHeight ? event.clientY - tip.offsetHeight - 10 : event.clientY + 16}px`;
}
