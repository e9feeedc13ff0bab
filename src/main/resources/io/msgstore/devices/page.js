/* SPDX-License-Identifier: Apache-2.0 */
// Whatever comes from the API is put in as text, never as markup: a message may hold anything.

const API = '/api/v1/';
const REFRESH_MS = 1000;
const ANSWER_WITHIN_MS = 4000;
// msgstore gives up a search after 10 seconds
const SEARCHED_WITHIN_MS = 20000;
const TEN_MINUTES_MS = 600000;
const PAGE = 50;

const byId = (id) => document.getElementById(id);

function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.map((child) => child instanceof Node ? child : String(child ?? '')));
  return element;
}

function say(element, text) {
  const next = text ?? '';
  // a change, even to the same, would be read out again
  if (element.textContent !== next) element.textContent = next;
}

// ---- numbers and times

const whole = new Intl.NumberFormat('en-US', {maximumFractionDigits: 0});
const hundredths = new Intl.NumberFormat('en-US', {maximumFractionDigits: 2});
const tenths = new Intl.NumberFormat('en-US', {maximumFractionDigits: 1});
const number = (value) => value === null || value === undefined ? '–'
    : (Math.abs(value) < 1 ? hundredths : Math.abs(value) < 10 ? tenths : whole).format(value);

function bytes(size) {
  if (size < 10000) return whole.format(size) + ' bytes';
  return size < 10000000 ? whole.format(size / 1024) + ' KiB' : whole.format(size / 1048576) + ' MiB';
}

function clock(time, withSeconds = true) {
  const date = new Date(time);
  const options = {hour: '2-digit', minute: '2-digit', hourCycle: 'h23'};
  if (withSeconds) options.second = '2-digit';
  const day = date.toDateString() === new Date().toDateString() ? ''
      : date.toLocaleDateString('en-GB', {day: 'numeric', month: 'short'}) + ' ';
  return day + date.toLocaleTimeString('en-GB', options);
}

function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return seconds + ' s';
  if (seconds < 5400) return Math.round(seconds / 60) + ' min';
  return seconds < 172800 ? tenths.format(seconds / 3600) + ' h' : whole.format(seconds / 86400) + ' days';
}

// ---- asking

class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function ask(method, path, {content, type, within} = {}) {
  const options = {method, cache: 'no-store', headers: {}};
  if (content !== undefined) {
    options.body = content;
    options.headers['Content-Type'] = type;
  }
  if (within) options.signal = AbortSignal.timeout(within);
  const answer = await fetch(API + path, options);
  if (!answer.ok) {
    let text = answer.status === 401 ? 'Not logged in: load the page again.' : 'msgstore answers ' + answer.status + '.';
    if ((answer.headers.get('Content-Type') ?? '').includes('json')) {
      text = (await answer.json()).detail ?? text;
    }
    throw new Refused(answer.status, text);
  }
  return answer;
}

const get = async (path, options) => (await ask('GET', path, options)).json();
const words = (error) => error instanceof Refused ? error.message : 'msgstore does not answer.';

// ---- the headline

let answeredAt = null;
let announced = '';

function showHeadline(level, text, more, advice) {
  byId('headline').dataset.level = level;
  say(byId('headline-text'), text);
  say(byId('headline-more'), more);
  say(byId('headline-advice'), advice);
  document.title = (level === 'ok' ? '' : level === 'stuck' ? '■ ' : '▲ ') + text + ' · msgstore';
  // read out when it becomes something else, not at each new number
  const gist = level + text.replace(/[\d.,]+/g, '');
  if (gist !== announced) {
    announced = gist;
    say(byId('announcement'), [text, more].filter(Boolean).join('. '));
  }
}

function headline(status) {
  const {level, text, since, consequence, advice} = status.headline;
  const when = since
      ? ' since ' + clock(since, false) + ' (' + duration(new Date(status.at) - new Date(since)) + ')' : '';
  showHeadline(level, text + when, consequence, advice);
}

function noAnswer(error) {
  document.body.classList.add('stale');
  if (error instanceof Refused) {
    showHeadline('stuck', 'msgstore does not tell', error.message);
    return;
  }
  showHeadline(
      'stuck',
      'msgstore does not answer' + (answeredAt ? ' since ' + clock(answeredAt) : ''),
      'The process has ended or hangs, or the network between here and it is away. What was not acknowledged stays with the '
          + 'broker.' + (answeredAt ? ' What is shown below is from before.' : ''),
      'Look whether it runs, and at the end of its log. It is safe to start it again.');
}

// ---- the stages

function stage(name, {level, rate, unit, share, shareLabel, notes}) {
  const item = byId('stage-' + name);
  item.dataset.level = level;
  if (!item.rate) {
    item.rate = item.appendChild(make('p', 'rate'));
    if (share !== undefined) {
      item.bar = make('i');
      item.fill = item.appendChild(make('div', 'fill', item.bar));
      item.fill.setAttribute('role', 'meter');
      item.fill.setAttribute('aria-valuemin', '0');
      item.fill.setAttribute('aria-valuemax', '100');
    }
    item.notes = item.appendChild(make('div'));
  }
  item.rate.replaceChildren(rate, make('small', '', ' ' + unit));
  if (item.fill) {
    const percent = Math.min(100, Math.round(100 * (share || 0)));
    item.bar.style.width = percent + '%';
    item.fill.setAttribute('aria-valuenow', String(percent));
    item.fill.setAttribute('aria-label', shareLabel);
    item.fill.title = shareLabel + ': ' + percent + ' %';
  }
  item.notes.replaceChildren(...notes.filter(Boolean).map((note) => make('p', 'note', note)));
}

function stages(status) {
  const {broker, rates, counts, queue, database, spool} = status;
  const connected = broker.wanted > 0 && broker.connected === broker.wanted;
  const inFlight = broker.connections.reduce((sum, one) => sum + one.in_flight, 0);
  const window = broker.connections.reduce((sum, one) => sum + one.window, 0);
  const shortfalls = [...new Set(broker.connections.flatMap((one) => one.shortfalls))];
  const worst = broker.connections.find((one) => !one.connected) ?? broker.connections[0];
  stage('broker', {
    level: connected ? (shortfalls.length ? 'warning' : 'ok') : broker.connected > 0 ? 'warning' : 'stuck',
    rate: broker.connected + ' of ' + broker.wanted,
    unit: 'connected',
    share: window ? inFlight / window : 0,
    shareLabel: 'Use of the window',
    notes: [
      number(inFlight) + ' of ' + number(window) + ' unacknowledged',
      worst && worst.connected && 'since ' + clock(worst.since),
      worst && !worst.connected && worst.client_id + ': ' + worst.phase + ', since ' + clock(worst.since),
      worst && !worst.connected && worst.last_error,
      ...shortfalls,
    ],
  });
  stage('intake', {
    level: connected ? 'ok' : 'warning',
    rate: number(rates.received.last_10_s),
    unit: '/s received',
    notes: [number(counts.received) + ' since the start'],
  });
  stage('filter', {
    level: 'ok',
    rate: number(rates.filtered.last_10_s),
    unit: '/s taken out',
    notes: [number(counts.filtered) + ' taken out', counts.ignored > 0 && number(counts.ignored) + ' ignored by event'],
  });
  const full = queue.length / queue.capacity;
  const dropping = rates.dropped.last_60_s > 0;
  stage('queue', {
    level: dropping ? 'stuck' : full > 0.9 ? 'warning' : 'ok',
    rate: number(queue.length),
    unit: 'wait',
    share: full,
    shareLabel: 'Fill of the queue',
    notes: [
      queue.name + ': ' + (queue.guarantees.join(', ') || 'does not say what it guarantees'),
      'of ' + number(queue.capacity) + '; when full: ' + queue.when_full,
      counts.dropped > 0 && number(counts.dropped) + ' dropped or returned',
    ],
  });
  const up = database.state === 'up';
  const stuck = counts.in_flight > 0 && status.oldest_in_flight_seconds >= 10;
  stage('workers', {
    // red is the place to look at, and that is the database where it is away
    level: stuck && up ? 'stuck' : stuck || status.bottleneck ? 'warning' : 'ok',
    rate: number(counts.in_flight),
    unit: 'in flight',
    share: (database.batch_size || 0) / database.batch_size_max,
    shareLabel: 'Size of a batch',
    notes: [
      counts.in_flight > 0 && 'oldest ' + duration(1000 * status.oldest_in_flight_seconds),
      queue.workers + ' workers' + (database.batch_size === null ? ''
          : ', batch ' + number(database.batch_size) + ' of ' + number(database.batch_size_max)),
    ],
  });
  stage('database', {
    level: up ? 'ok' : database.state === 'preparing' ? 'warning' : 'stuck',
    rate: number(rates.stored.last_10_s),
    unit: '/s stored',
    notes: [
      up ? 'p95 ' + number(database.writes.p95) + ' ms a statement' : database.state + ' since ' + clock(database.since),
      counts.duplicate > 0 && number(counts.duplicate) + ' duplicates',
      // the headline has it too, unless it is about something that is worse
      !up && database.last_error !== status.headline.advice && database.last_error,
      up && database.last_error_at && 'last error ' + clock(database.last_error_at),
    ],
  });
  stage('dead', {
    level: rates.dead.last_60_s > 0 || spool.files > 0 ? 'warning' : 'ok',
    rate: lettersOpen === null ? '–' : number(lettersOpen),
    unit: 'open',
    notes: [
      // younger than a minute, a rate would promise more than there were
      whole.format(Math.min(counts.dead, rates.dead.last_60_s * 60)) + ' in the last minute',
      spool.files > 0 && 'and ' + spool.files + (spool.files === 1 ? ' file (' : ' files (') + bytes(spool.bytes)
          + ') to be moved in',
    ],
  });
}

// ---- the last ten minutes

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 600;
const HEIGHT = 100;
const CHARTS = [
  {title: 'Messages a second', unit: '/s', series: [['received', 'received', 'a'], ['stored', 'stored', 'b']]},
  {title: 'Messages that wait', unit: '', series: [['in_flight', 'in flight', 'a'], ['queue', 'in the queue', 'b']]},
  {title: 'Receipt to commit', unit: ' ms', series: [['latency_p50', 'half below', 'a'], ['latency_p99', '99 % below', 'b']]},
  {title: 'Not stored, a second', unit: '/s', series: [['failed', 'dead or dropped', 'bad']]},
];
let points = [];

function draw(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  return element;
}

function prepareCharts() {
  CHARTS.forEach((chart) => {
    chart.svg = draw('svg', {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img'});
    [0, HEIGHT / 2, HEIGHT].forEach((y) => chart.svg.append(draw('line', {class: 'grid', x1: 0, x2: WIDTH, y1: y, y2: y})));
    chart.keys = [];
    chart.paths = chart.series.map(([, , style]) => chart.svg.appendChild(draw('path', {class: 'series ' + style})));
    const keys = chart.series.map(([, label, style]) => {
      const value = make('span');
      chart.keys.push(value);
      return make('span', 'key ' + style, label + ' ', value);
    });
    chart.top = make('span');
    byId('charts').append(make('figure', '',
        make('figcaption', '', make('b', '', chart.title), ...keys),
        make('div', 'axis', chart.top),
        chart.svg,
        make('div', 'axis', make('span', '', '10 min ago'), make('span', '', 'now'))));
  });
}

// the next of 1, 2, 5, 10, 20, …, so that the scale keeps still
function roof(value) {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find((step) => step * power >= value) * power;
}

function line(field, end, top) {
  let path = '';
  let before = null;
  for (const point of points) {
    const value = point[field];
    // no line over a time of which nothing is known
    const apart = before === null || point.at - before > 5000;
    if (value === null || value === undefined) {
      before = null;
      continue;
    }
    const x = WIDTH * (1 - (end - point.at) / TEN_MINUTES_MS);
    const y = HEIGHT * (1 - Math.min(1, value / top));
    path += (apart ? 'M' : 'L') + x.toFixed(1) + ' ' + y.toFixed(1);
    before = point.at;
  }
  return path;
}

function drawCharts() {
  const end = points.length ? points[points.length - 1].at : Date.now();
  const last = points[points.length - 1] ?? {};
  for (const chart of CHARTS) {
    const most = Math.max(0, ...chart.series.flatMap(([field]) => points.map((point) => point[field] ?? 0)));
    const top = roof(most);
    chart.series.forEach(([field], i) => {
      chart.paths[i].setAttribute('d', line(field, end, top));
      say(chart.keys[i], number(last[field]) + (last[field] === null ? '' : chart.unit));
    });
    say(chart.top, number(top) + chart.unit);
    chart.svg.setAttribute('aria-label', chart.title + ', last ten minutes: at most ' + number(most) + chart.unit + '; now '
        + chart.series.map(([field, label]) => label + ' ' + number(last[field]) + chart.unit).join(', '));
  }
}

function addPoint(point) {
  // none in the first second, and the last one again when that is not over yet
  if (!point || point.at <= (points[points.length - 1]?.at ?? 0)) return;
  points.push(point);
  points = points.filter((one) => point.at - one.at <= TEN_MINUTES_MS);
}

// ---- what the log warned of

let shownErrors = '';

function errors(items) {
  const shown = JSON.stringify(items);
  if (shown === shownErrors) return;
  shownErrors = shown;
  byId('errors-none').hidden = items.length > 0;
  byId('errors-list').replaceChildren(...items.slice(0, 30).map((item) => {
    const time = make('time', '', clock(item.at));
    time.dateTime = item.at;
    const times = item.times > 1 ? ' × ' + number(item.times) + ' since ' + clock(item.first) : '';
    return make('li', '',
        time,
        make('span', 'level' + (item.level === 'WARN' ? '' : ' error'), item.level),
        make('p', 'said', item.message, make('span', '', times + ' · ' + item.logger)));
  }));
}

// ---- routes

async function routeFiles() {
  const all = byId('routes-all');
  if (!all.open) return;
  try {
    const {items} = await get('routes', {within: ANSWER_WITHIN_MS});
    byId('routes-list').replaceChildren(...items.map(({file, routes, source}) => {
      const stopped = routes.filter(({state}) => state !== 'Started')
          .map(({id, state}) => ' · ' + id + ' is ' + state.toLowerCase());
      const entry = make('details', '',
          make('summary', '', file, make('span', 'level', stopped.join(''))),
          make('pre', '', source));
      entry.dataset.file = file;
      return entry;
    }));
  } catch (error) {
    say(byId('routes-list'), error.message);
  }
}

// ---- dead letters: search and list

let lettersOpen = null;
let lettersNext = null;
let lettersShown = 0;
let lettersStale = true;
let lettersTurn = 0;
let lettersPending = 0;
let lettersRestUntil = 0;

function found() {
  const parameters = new URLSearchParams();
  for (const name of ['q', 'reason', 'topic']) {
    const value = byId('search-' + name).value.trim();
    if (value) parameters.set(name, value);
  }
  return parameters;
}

// the API takes "+" for itself, as MQTT's filters have it, so a space must not become one
const query = (parameters) => parameters.toString().replaceAll('+', '%20');

async function list(more = false) {
  const parameters = found();
  if (byId('search-open').value) parameters.set('open', byId('search-open').value);
  parameters.set('order', 'newest');
  parameters.set('limit', String(PAGE));
  if (more) parameters.set('after', String(lettersNext));
  const askedAt = Date.now();
  lettersPending++;
  lettersStale = false;
  lettersTurn++;
  const mine = lettersTurn;
  try {
    const page = await get('dead-letters?' + query(parameters), {within: SEARCHED_WITHIN_MS});
    // someone has searched for something else meanwhile
    if (mine !== lettersTurn) return;
    const rows = page.items.map(row);
    const body = byId('letters-table').tBodies[0];
    const focused = document.activeElement?.dataset?.letter;
    if (more) {
      body.append(...rows);
    } else {
      body.replaceChildren(...rows);
      if (focused) body.querySelector('button[data-letter="' + Number(focused) + '"]')?.focus();
    }
    lettersShown = (more ? lettersShown : 0) + rows.length;
    lettersNext = page.next;
    lettersOpen = page.total_open;
    say(byId('letters-open'), '(' + number(lettersOpen) + ' open)');
    byId('letters-table').hidden = lettersShown === 0;
    byId('letters-more').hidden = lettersNext === null;
    byId('replay-all').disabled = lettersShown === 0 || byId('search-open').value !== 'true';
    say(byId('letters-say'), lettersShown > 0
        ? (lettersNext === null ? number(lettersShown) + ' found' : 'the newest ' + number(lettersShown) + ' of those found')
        : lettersOpen > 0 || query(found()) ? 'None found.' : 'There are none.');
  } catch (error) {
    lettersStale = true;
    if (mine === lettersTurn) say(byId('letters-say'), words(error));
  } finally {
    lettersPending--;
    // a search that takes the database long is not repeated as often
    lettersRestUntil = Date.now() + Math.min(60000, Math.max(3000, 10 * (Date.now() - askedAt)));
  }
}

function row(letter) {
  const look = make('button', '', letter.id);
  look.type = 'button';
  look.dataset.letter = letter.id;
  look.setAttribute('aria-label', 'Look at dead letter ' + letter.id);
  const state = letter.replayed_at ? ' replayed' : letter.corrected_at ? ' corrected' : '';
  const line = make('tr', '',
      make('td', '', look),
      make('td', '', clock(letter.failed_at)),
      make('td', '', make('span', 'tag', letter.reason), state),
      make('td', '', letter.topic ?? '–'),
      make('td', 'error', letter.error ?? ''));
  line.addEventListener('click', () => open(letter.id));
  return line;
}

// ---- dead letters: one

let current = null;
let asGiven = '';

const isOpen = () => byId('letter').open;

function isJson(text) {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return error.message;
  }
}

async function open(id) {
  say(byId('letter-say'), '');
  try {
    await load(id);
    if (!isOpen()) byId('letter').showModal();
  } catch (error) {
    say(byId('letters-say'), words(error));
  }
}

async function load(id) {
  const [letter, answer] = await Promise.all([
    get('dead-letters/' + id), ask('GET', 'dead-letters/' + id + '/payload')]);
  const wasJson = (answer.headers.get('Content-Type') ?? '').startsWith('application/json');
  const payload = new Uint8Array(await answer.arrayBuffer());
  let readable = true;
  try {
    asGiven = new TextDecoder('utf-8', {fatal: true}).decode(payload);
  } catch {
    readable = false;
    asGiven = new TextDecoder().decode(payload);
  }
  current = {...letter, wasJson, readable};
  say(byId('letter-title'), 'Dead letter ' + letter.id);
  say(byId('letter-error'), letter.replayed_at ? '' : letter.error);
  const facts = [
    ['State', letter.replayed_at ? 'replayed ' + clock(letter.replayed_at) : 'open'],
    ['Reason', letter.reason + (letter.sqlstate ? ' (SQLSTATE ' + letter.sqlstate + ')' : '')],
    ['Topic', letter.topic],
    ['Event', letter.event],
    ['Received', clock(letter.received_at)],
    ['Failed', clock(letter.failed_at) + ', after ' + letter.attempts + (letter.attempts === 1 ? ' attempt' : ' attempts')],
    ['Corrected', letter.corrected_at && clock(letter.corrected_at)],
    ['Trace id', letter.trace_id],
    ['Size', bytes(letter.bytes)],
  ];
  byId('letter-facts').replaceChildren(
      ...facts.filter(([, value]) => value).flatMap(([name, value]) => [make('dt', '', name), make('dd', '', value)]));
  byId('letter-payload').value = asGiven;
  byId('letter-payload').readOnly = Boolean(letter.replayed_at);
  say(byId('letter-envelope'), letter.envelope ? JSON.stringify({...letter.envelope, payload: undefined}, null, 2)
      : 'Not shown, because the message is above 64 KiB.');
  byId('letter-before').hidden = !letter.corrected_at;
  say(byId('letter-original'), letter.original ? original(letter.original)
      : 'Not shown, because it is above 64 KiB. It is in the table, in original_envelope and original_payload.');
  hint();
}

function original({envelope, payload}) {
  if (payload === null) return JSON.stringify(envelope?.payload, null, 2);
  return new TextDecoder().decode(Uint8Array.from(atob(payload), (sign) => sign.charCodeAt(0)));
}

function hint() {
  const area = byId('letter-payload');
  const changed = area.value !== asGiven;
  const wrong = isJson(area.value);
  const done = Boolean(current.replayed_at);
  area.setAttribute('aria-invalid', String(wrong !== null));
  byId('letter-hint').classList.toggle('bad', wrong !== null);
  say(byId('letter-hint'), [
    done ? 'It is stored; nothing is left to correct.' : wrong === null ? 'JSON' : 'No JSON: ' + wrong,
    !current.readable && 'Bytes that are no UTF-8 are shown as \uFFFD, and are saved as that sign.',
  ].filter(Boolean).join('. '));
  say(byId('letter-replay'), changed ? 'Save and replay' : 'Replay');
  byId('letter-replay').disabled = done;
  byId('letter-save').disabled = done || !changed;
}

async function save() {
  const text = byId('letter-payload').value;
  const json = isJson(text) === null;
  await ask('PUT', 'dead-letters/' + current.id + '/payload', {
    content: text, type: json ? 'application/json' : 'text/plain; charset=utf-8'});
  await load(current.id);
}

// one thing at a time, and its end is said
async function act(button, doing, action) {
  const buttons = byId('letter').querySelectorAll('.buttons button');
  buttons.forEach((one) => { one.disabled = true; });
  say(byId('letter-say'), doing);
  let text;
  try {
    text = await action();
  } catch (error) {
    text = words(error);
  }
  buttons.forEach((one) => { one.disabled = false; });
  if (isOpen()) {
    hint();
    say(byId('letter-say'), text);
    if (!button.disabled) button.focus();
  }
  list();
}

async function replayOne() {
  if (byId('letter-payload').value !== asGiven) await save();
  const result = await (await ask('POST', 'dead-letters/' + current.id + '/replay')).json();
  await load(current.id);
  if (result.replayed > 0) return 'Stored.';
  if (result.failed_again > 0) return 'It failed again: ' + current.reason + '. See above.';
  return result.in_flight > 0 ? 'It is on its way, and not stored yet. Look again in a moment.' : current.replayed_at ? 'It was replayed before.'
      : 'It was corrected meanwhile, and is still open: replay it again.';
}

async function remove() {
  const id = current.id;
  if (!await sure('Delete dead letter ' + id + '? The message is gone then, for good.', 'Delete')) return;
  try {
    await ask('DELETE', 'dead-letters/' + id);
    byId('letter').close();
    await list();
    say(byId('letters-say'), 'Dead letter ' + id + ' is deleted.');
  } catch (error) {
    say(byId('letter-say'), words(error));
  }
}

function sure(question, yes) {
  const dialog = byId('ask');
  say(byId('ask-text'), question);
  say(byId('ask-yes'), yes);
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), {once: true});
  });
}

// ---- dead letters: replay of many

let watched = null;

async function replayAll() {
  const filters = found();
  const which = query(filters) ? 'all open dead letters that the search finds' : 'all open dead letters';
  if (!await sure('Replay ' + which + '? What is stored already is not stored twice.', 'Replay')) return;
  filters.set('limit', '1000000');
  try {
    watch(await (await ask('POST', 'replays?' + query(filters))).json());
  } catch (error) {
    say(byId('letters-say'), words(error));
  }
}

function watch(job) {
  watched = job.id;
  byId('replay').hidden = false;
  byId('replay-stop').hidden = false;
  byId('replay-stop').disabled = false;
  showReplay(job);
  follow();
}

async function follow() {
  while (watched !== null) {
    await new Promise((resolve) => setTimeout(resolve, 400));
    try {
      const job = await get('replays/' + watched);
      showReplay(job);
      if (job.state !== 'running') watched = null;
    } catch (error) {
      if (error instanceof Refused && error.status === 404) {
        // the process was started again meanwhile
        watched = null;
        say(byId('replay-text'), 'msgstore was started again, and the replay ended with it. It is safe to replay again.');
      }
    }
  }
  byId('replay-stop').hidden = true;
  list();
}

function showReplay(job) {
  const settled = job.replayed + job.failed_again + job.in_flight;
  const bar = byId('replay-progress');
  bar.max = Math.max(1, job.total);
  bar.value = job.state === 'done' ? bar.max : settled;
  const parts = [
    number(job.replayed) + ' of ' + number(job.total) + ' stored',
    job.failed_again > 0 && number(job.failed_again) + ' failed again',
    job.in_flight > 0 && number(job.in_flight) + ' not settled in time',
  ].filter(Boolean).join(', ');
  const state = {running: 'Replaying', done: 'Replay done', stopped: 'Replay stopped', failed: 'Replay failed'}[job.state];
  say(byId('replay-text'), state + ': ' + parts + (job.error ? '. ' + job.error : ''));
}

async function stopReplay() {
  byId('replay-stop').disabled = true;
  try {
    await ask('DELETE', 'replays/' + watched);
  } catch (error) {
    say(byId('letters-say'), words(error));
  }
}

// ---- each second

// a loop goes on as long as this is what it was when it began
let turn = 0;
let deadSeen = null;
let startedAt = null;

async function refresh() {
  try {
    const status = await get('status', {within: ANSWER_WITHIN_MS});
    document.body.classList.remove('stale');
    if (status.started_at !== startedAt) {
      startedAt = status.started_at;
      points = (await get('status/history', {within: ANSWER_WITHIN_MS})).seconds;
      deadSeen = null;
    }
    answeredAt = Date.now();
    say(byId('version'), status.version + ' · since ' + clock(status.started_at));
    headline(status);
    addPoint(status.second);
    drawCharts();
    stages(status);
    errors((await get('errors', {within: ANSWER_WITHIN_MS})).items);
    const {dead} = status.counts;
    if (dead !== deadSeen) lettersStale = true;
    deadSeen = dead;
    // not while someone reads further down, or the last answer is awaited, or too often where many die
    const mayAsk = lettersShown <= PAGE && !isOpen() && lettersPending === 0 && Date.now() > lettersRestUntil;
    if (status.database.state !== 'up') {
      lettersStale = true;
      if (lettersShown === 0) say(byId('letters-say'), 'They are read when the database is back.');
    } else if (lettersStale && mayAsk) {
      list();
    }
  } catch (error) {
    noAnswer(error);
    lettersStale = true;
  }
}

async function run(mine) {
  while (turn === mine) {
    await refresh();
    await new Promise((resolve) => setTimeout(resolve, REFRESH_MS));
  }
}

function start() {
  // what happened while nobody looked is asked for anew
  startedAt = null;
  turn++;
  run(turn);
}

function pause() {
  turn++;
}

async function begin() {
  byId('routes-all').addEventListener('toggle', routeFiles);
  prepareCharts();
  byId('search').addEventListener('submit', (event) => {
    event.preventDefault();
    list();
  });
  for (const name of ['reason', 'open']) byId('search-' + name).addEventListener('change', () => list());
  byId('search-q').addEventListener('search', () => list());
  byId('letters-more').addEventListener('click', () => list(true));
  byId('replay-all').addEventListener('click', replayAll);
  byId('replay-stop').addEventListener('click', stopReplay);
  byId('letter-payload').addEventListener('input', hint);
  byId('letter-replay').addEventListener('click', (event) => act(event.target, 'Replaying …', replayOne));
  byId('letter-save').addEventListener('click', (event) => act(event.target, 'Saving …', async () => {
    await save();
    return 'Saved. It is stored when it is replayed.';
  }));
  byId('letter-delete').addEventListener('click', remove);
  document.addEventListener('visibilitychange', () => document.hidden ? pause() : start());
  if (!document.hidden) start();
  try {
    const running = (await get('replays')).items.find((job) => job.state === 'running');
    if (running) watch(running);
    // not HEAD: whatever serves it may know GET alone
    byId('console').hidden = !(await fetch('/hawtio/')).ok;
  } catch {
    // the refresh says that nothing answers
  }
}

begin();
