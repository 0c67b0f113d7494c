"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const element = (name, text, className) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    if (className) made.className = className;
    return made;
  };
  const MORE = 100;
  const data = JSON.parse(byId("data").textContent);
  const texts = data.texts;
  const [kindCheck, kindSeverity, kindOutcome, kindObserved, kindExpected, kindSource, kindNote] =
    data.kinds.length ? data.kinds : [[], [], [], [], [], [], []];
  const topics = data.checks.map(([id]) => texts[id].split(".", 1)[0]);
  const marks = {pass: "✓", fail: "✗", error: "?", skip: "-", waived: "~", manual: "☐"};

  // Numbers were packed as the differences to the one before.
  const total = data.rows.reduce((sum, [kinds]) => sum + kinds.length, 0);
  const rowHost = new Int32Array(total), rowKind = new Int32Array(total), rowParam = new Int32Array(total);
  let at = 0;
  data.rows.forEach(([kinds, params], host) => {
    for (let i = 0, kind = 0, param = 0; i < kinds.length; i++, at++) {
      rowHost[at] = host;
      rowKind[at] = kind += kinds[i];
      rowParam[at] = param += params[i];
    }
  });

  const anchors = new Map();
  for (const one of document.querySelectorAll(".finding")) anchors.set(one.dataset.check + "\n" + one.dataset.severity, one.id);

  // --- the filter: each text is looked through once, and a row asks what was found ---------------------------------
  let lower = null;
  const fields = {q: byId("q"), outcome: byId("outcome"), severity: byId("severity"), topic: byId("topic"), host: byId("host")};

  function flagged(term) {
    lower ??= texts.map((text) => text.toLowerCase());
    const found = Uint8Array.from(lower, (text) => text.includes(term));
    const outcomes = data.outcomes.map(([name, word]) => name === term || word.includes(term));
    const severities = data.severities.map((name) => name.includes(term));
    const kinds = Uint8Array.from(kindCheck, (check, kind) =>
      found[data.checks[check][0]] | found[data.checks[check][1]] | found[kindObserved[kind]] | found[kindExpected[kind]] |
      found[kindSource[kind]] | found[kindNote[kind]] | outcomes[kindOutcome[kind]] | severities[kindSeverity[kind]]);
    return {kinds, params: found, hosts: Uint8Array.from(data.hosts, (host) => found[host])};
  }

  function matching() {
    const terms = fields.q.value.toLowerCase().split(/\s+/).filter(Boolean).map(flagged);
    const outcome = data.outcomes.findIndex(([name]) => name === fields.outcome.value);
    const severity = data.severities.indexOf(fields.severity.value);
    const topic = fields.topic.value;
    const host = fields.host.value === "" ? -1 : data.hosts.findIndex((number) => texts[number] === fields.host.value);
    const kinds = Uint8Array.from(kindCheck, (check, kind) =>
      (outcome < 0 || kindOutcome[kind] === outcome) && (severity < 0 || kindSeverity[kind] === severity) &&
      (!topic || topics[check] === topic));
    const found = [];
    for (let row = 0; row < total; row++) {
      const kind = rowKind[row];
      if (!kinds[kind] || (host >= 0 && rowHost[row] !== host)) continue;
      if (terms.every((term) => term.kinds[kind] | term.params[rowParam[row]] | term.hosts[rowHost[row]])) found.push(row);
    }
    return found;
  }

  // --- the rows ------------------------------------------------------------------------------------------------
  const place = byId("rows");
  const table = element("table"), head = table.createTHead().insertRow(), body = table.createTBody();
  table.append(element("caption", "Results, in the order in which they were judged", "off"));
  for (const name of ["Outcome", "Severity", "Check", "Host, instance", "What was seen"]) {
    const cell = element("th", name);
    cell.scope = "col";
    head.append(cell);
  }
  const more = element("button", "Show " + MORE + " more", "more");
  more.type = "button";
  place.append(table, more);
  let found = [], shown = 0;

  function line(row) {
    const kind = rowKind[row], made = element("tr"), [id, title] = data.checks[kindCheck[kind]];
    const [outcome, word] = data.outcomes[kindOutcome[kind]], severity = data.severities[kindSeverity[kind]];
    const check = element("th", texts[title] + " "), seen = element("td");
    check.scope = "row";
    const anchor = outcome === "fail" && anchors.get(texts[id] + "\n" + severity);
    if (anchor) {
      const link = element("a", texts[title]);
      link.href = "#" + anchor;
      check.replaceChildren(link);
    }
    check.append(element("small", texts[id]));
    const note = texts[kindNote[kind]], source = texts[kindSource[kind]];
    if (note) seen.append(note + " ");
    if (kindExpected[kind] || kindObserved[kind]) {
      seen.append(element("code", texts[kindObserved[kind]]), ", expected ", element("code", texts[kindExpected[kind]]), " ");
    }
    if (source) seen.append(element("small", source));
    const where = element("td", texts[data.hosts[rowHost[row]]]);
    if (rowParam[row]) where.append(" ", element("code", texts[rowParam[row]]));
    made.append(element("td", marks[outcome] + " " + word, "o " + outcome), element("td", severity), check, where, seen);
    return made;
  }

  function grow() {
    const next = found.slice(shown, shown + MORE).map(line);
    body.append(...next);
    shown += next.length;
    more.hidden = shown >= found.length;
    const results = total === 1 ? " result" : " results";
    byId("number").textContent = (found.length === total ? total + results : found.length + " of " + total + results) +
      (shown < found.length ? "; the first " + shown + " are shown" : "");
  }

  function show() {
    found = matching();
    shown = 0;
    body.replaceChildren();
    grow();
  }

  // --- the address keeps the filter ------------------------------------------------------------------------------
  let later = 0;
  function keep() {
    clearTimeout(later);
    later = setTimeout(() => {
      const state = new URLSearchParams();
      for (const [name, field] of Object.entries(fields)) if (field.value) state.set(name, field.value);
      try {
        history.replaceState(null, "", String(state) ? "#" + state : location.pathname + location.search);
      } catch { /* an address that may not be changed: the filter works all the same */ }
    }, 250);
  }

  function arrive() {
    const hash = location.hash.slice(1);
    if (hash.includes("=")) {
      const state = new URLSearchParams(hash);
      for (const [name, field] of Object.entries(fields)) field.value = state.get(name) ?? "";
      show();
      byId("results").scrollIntoView();
      return true;
    }
    const target = hash && byId(hash);
    if (target) {
      for (let one = target; one; one = one.parentElement) if (one.localName === "details") one.open = true;
      target.scrollIntoView();
    }
    return false;
  }

  for (const topic of [...new Set(topics)].sort()) fields.topic.append(element("option", topic));
  for (const host of data.hosts) fields.host.append(new Option(texts[host], texts[host]));
  document.documentElement.classList.add("js");
  byId("filter").hidden = place.hidden = false;
  byId("filter").addEventListener("input", () => { show(); keep(); });
  byId("filter").addEventListener("reset", () => setTimeout(() => { show(); keep(); fields.q.focus(); }));
  byId("filter").addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", () => {
    const first = shown;
    grow();
    const link = body.rows[first]?.cells[2];
    if (link) { link.tabIndex = -1; link.focus({preventScroll: true}); }
  });
  addEventListener("hashchange", () => {
    if (location.hash) return arrive();
    for (const field of Object.values(fields)) field.value = ""; // back to before the first filter
    show();
  });
  if (!arrive()) show();

  // --- fixes are copied ----------------------------------------------------------------------------------------
  for (const fix of document.querySelectorAll(".fix")) {
    const button = element("button", "Copy"), text = fix.querySelector("pre");
    button.type = "button";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text.textContent + "\n");
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(text);
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    fix.append(button);
  }

  // --- the map leads to the results; it is one stop of the tab key, and arrows move in it ------------------------
  const map = document.querySelector(".map");
  if (map) {
    const heads = [...map.tHead.rows[0].cells].map((cell) => cell.textContent), first = 3;
    const linked = (cell, state) => {
      const link = element("a", cell.textContent);
      link.href = "#" + new URLSearchParams(state);
      link.tabIndex = -1;
      cell.replaceChildren(link);
    };
    const hosts = new Set(Array.from(fields.host.options, (option) => option.value));
    for (const row of map.tBodies[0].rows) {
      const host = row.cells[0].firstChild.textContent;
      if (!hosts.has(host)) continue; // no result is of it
      linked(row.cells[0], {host});
      for (let column = first; column < row.cells.length; column++) {
        if (row.cells[column].className) linked(row.cells[column], {host, topic: heads[column]});
      }
    }
    const entry = map.tBodies[0].querySelector("a");
    if (entry) entry.tabIndex = 0;
    map.addEventListener("keydown", (event) => {
      const step = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[event.key];
      const cell = event.target.closest("td, th");
      if (!step || !cell) return;
      event.preventDefault();
      let row = cell.parentElement.rowIndex, column = cell.cellIndex, link;
      do {
        row += step[0];
        column += step[1];
        link = map.rows[row]?.cells[column]?.querySelector("a");
      } while (!link && map.rows[row]?.cells[column]);
      if (!link) return;
      event.target.tabIndex = -1;
      link.tabIndex = 0;
      link.focus();
    });
  }

  // --- on paper everything is open but the annexes, which are printed where the reader opened them -----------------------------------------------------------------------------
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open], .annex)")];
    for (const one of closed) one.open = true;
  });
  addEventListener("afterprint", () => { for (const one of closed) one.open = false; });
})();
