// A gallery of cases: one page at a time, pieces loaded when they are needed, pictures when they come into view.
"use strict";

const navibench = (() => {
  const $ = (id) => document.getElementById(id);
  const NAME = /^[0-9a-f]{32}(-moving)?\.(png|jpe?g|gif|webp|mp4|webm)$/;
  const gallery = { order: [], page: 0, hidden: new Set(), turn: 0 };
  const pieces = new Map();
  const waiting = new Map();

  // ---- small helpers: all text enters as text, never as markup ----
  const make = (tag, options = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(options)) {
      if (name === "class") made.className = value;
      else if (name === "text") made.textContent = value;
      else made.setAttribute(name, value);
    }
    made.append(...children.filter((child) => child !== null));
    return made;
  };
  const shown = (score) => (score === null ? "not judged" : score.toFixed(3));
  const count = (number) => number.toLocaleString("en");

  // ---- moving pictures: they play in view, and stand still when asked to ----
  const playing = () => $("moving").checked;
  const watcher = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) {
      if (!isIntersecting) target.pause();
      else {
        target.preload = "metadata";
        if (playing()) target.play().catch(() => {});
      }
    }
  });
  const freeze = (image) => {
    if (image.hidden || !image.naturalWidth) return;
    const still = make("canvas", { class: "still", role: "img", "aria-label": image.alt });
    still.width = image.naturalWidth;
    still.height = image.naturalHeight;
    still.getContext("2d").drawImage(image, 0, 0);
    image.hidden = true;
    image.after(still);
  };
  const move = () => {
    for (const image of document.querySelectorAll("img.moving")) {
      if (!playing()) freeze(image);
      else if (image.hidden) {
        image.hidden = false;
        image.nextElementSibling.remove();
      }
    }
    for (const video of document.querySelectorAll("video")) {
      if (!playing()) video.pause();
      watcher.unobserve(video);
      watcher.observe(video);
    }
  };

  const media = (name, told) => {
    if (!NAME.test(name)) return make("p", { class: "none", text: "not a file of this report" });
    const source = `../../media/${name}`;
    if (/\.(mp4|webm)$/.test(name)) {
      $("moving-tool").hidden = false;
      const video = make("video", { preload: "none", loop: "", playsinline: "", controls: "", "aria-label": told });
      video.muted = true;
      video.src = source;
      watcher.observe(video);
      return video;
    }
    const image = make("img", { loading: "lazy", decoding: "async", alt: told });
    if (name.includes("-moving.")) {
      $("moving-tool").hidden = false;
      image.className = "moving";
      image.addEventListener("load", () => playing() || freeze(image));
    }
    image.src = source;
    return image;
  };

  // ---- one case ----
  const item = (id, items, before) => {
    const [title, file] = items[id] || [id, null];
    return make("figure", { class: file ? "item" : "item words" },
      file ? media(file, `${before}: ${title}`) : null,
      make("figcaption", { text: title, title }));
  };

  const person = (row, items) => {
    const { history, events, targets } = row;
    const more = events > history.length ? `the latest ${history.length} of ${count(events)}, ` : "";
    return make("div", { class: "person" },
      make("div", { class: "history" },
        make("h3", { text: `History (${more}oldest first)` }),
        make("ol", { class: "items" }, ...history.map((id) => make("li", {}, item(id, items, "history"))))),
      make("div", { class: "truth" },
        make("h3", { text: targets.length > 1 ? "True next items" : "True next item" }),
        make("ul", { class: "items" }, ...targets.map((id) => make("li", {}, item(id, items, "true next item"))))));
  };

  const answer = (number, system, [text, file, note], score, best) => {
    const box = make("li", { class: best ? "answer best" : "answer", "data-system": number });
    box.hidden = gallery.hidden.has(number);
    box.append(
      file ? make("div", { class: "frame" }, media(file, `${system.label}: ${text}`)) : "",
      make("h3", { text: system.label }),
      make("p", { class: "score" }, make("span", { class: "value", text: shown(score) }),
        best ? make("span", { class: "mark", text: " best here" }) : null));
    if (note) box.append(make("p", { class: "none", text: note }));
    if (text) box.append(make("p", { class: "text", text }));
    return box;
  };

  const article = (index, row, items) => {
    const { about, ids, scores } = gallery;
    const id = ids[index];
    const here = scores.map((line) => line[index]);
    const judged = here.filter((score) => score !== null);
    const top = judged.length ? (about.more ? Math.max(...judged) : Math.min(...judged)) : null;
    const telling = judged.length > 1 && new Set(judged).size > 1;
    const heading = make("h2", { id: `h-${index}` }, make("a", { href: `#case=${encodeURIComponent(id)}`, text: id }));
    const made = make("article", { class: "case", "aria-labelledby": `h-${index}`, tabindex: "-1", "data-case": id },
      make("header", {}, heading, difference(index)));
    if (row.history) made.append(person(row, items));
    made.append(make("ul", { class: "answers", "aria-label": "What the systems gave" },
      ...row.answers.map((one, number) =>
        answer(number, about.systems[number], one, here[number], telling && here[number] === top))));
    return made;
  };

  const difference = (index) => {
    if ($("order").value === "id") return null;
    const gap = between(index);
    const size = Math.abs(gap).toFixed(3);
    const text = gap === null ? "not judged for both"
      : gap === 0 ? "A and B are equal" : `${gap > 0 ? "A" : "B"} is ahead by ${size}`;
    return make("p", { class: "gap", text });
  };

  // ---- pieces and pages ----
  const piece = (number) => {
    if (!pieces.has(number)) {
      pieces.set(number, new Promise((resolve, reject) => {
        waiting.set(number, resolve);
        const script = make("script", { src: `${number}.js` });
        script.addEventListener("error", () => {
          pieces.delete(number);
          reject(new Error(`${number}.js is missing beside this page`));
        });
        document.head.append(script);
      }));
    }
    return pieces.get(number);
  };

  const last = () => Math.max(0, Math.ceil(gallery.order.length / gallery.about.chunk) - 1);

  const draw = async (page, focus = null) => {
    const { chunk } = gallery.about;
    gallery.page = Math.min(Math.max(0, page), last());
    const turn = (gallery.turn += 1);
    const part = gallery.order.slice(gallery.page * chunk, (gallery.page + 1) * chunk);
    let made;
    try {
      made = await Promise.all(part.map(async (index) => {
        const { items, rows } = await piece(Math.floor(index / chunk));
        return article(index, rows[index % chunk], items);
      }));
    } catch (error) {
      $("status").textContent = error.message;
      return;
    }
    if (turn !== gallery.turn) return; // another page was asked for meanwhile
    watcher.disconnect();
    $("cases").replaceChildren(...made);
    for (const video of document.querySelectorAll("video")) watcher.observe(video);
    $("page").value = gallery.page + 1;
    $("page").max = last() + 1;
    $("pages").textContent = `of ${count(last() + 1)}`;
    $("pages-below").textContent = `Page ${count(gallery.page + 1)} of ${count(last() + 1)}`;
    for (const id of ["back", "back-below"]) $(id).disabled = gallery.page === 0;
    for (const id of ["forth", "forth-below"]) $(id).disabled = gallery.page === last();
    const from = gallery.page * chunk + 1;
    $("status").textContent = part.length
      ? `Cases ${count(from)} to ${count(from + part.length - 1)} of ${count(gallery.order.length)}`
      : "No case";
    document.body.dataset.ready = String(turn);
    if (focus !== null) {
      const target = made.find((one) => one.dataset.case === focus);
      target.classList.add("asked");
      target.scrollIntoView();
      target.focus({ preventScroll: true });
    }
  };

  const turnTo = (page) => {
    history.replaceState(null, "", `#page=${page + 1}`);
    draw(page);
    $("main").scrollIntoView();
  };

  // ---- order ----
  const between = (index) => {
    const { scores, about } = gallery;
    const a = scores[$("first").value][index];
    const b = scores[$("second").value][index];
    return a === null || b === null ? null : (about.more ? a - b : b - a);
  };

  const arrange = () => {
    const way = $("order").value;
    for (const tool of document.querySelectorAll(".pair")) tool.hidden = way === "id";
    let order = gallery.ids.map((_, index) => index);
    if ($("drawn").checked) order = order.filter((index) => gallery.drawn[index] === "1");
    if (way !== "id") {
      const worth = { differ: Math.abs, ahead: (gap) => gap, behind: (gap) => -gap }[way];
      const keys = new Map(order.map((index) => [index, between(index)]));
      const key = (index) => (keys.get(index) === null ? -Infinity : worth(keys.get(index)));
      order.sort((a, b) => (key(b) > key(a)) - (key(b) < key(a)) || a - b);
    }
    gallery.order = order;
  };

  const go = (wanted) => {
    let index = gallery.ids.indexOf(wanted);
    if (index < 0) index = gallery.ids.findIndex((id) => id.startsWith(wanted));
    if (index < 0) {
      $("status").textContent = `No case begins with ${wanted}`;
      return;
    }
    if (!gallery.order.includes(index)) {
      $("drawn").checked = false;
      arrange();
    }
    const place = gallery.order.indexOf(index);
    history.replaceState(null, "", `#case=${encodeURIComponent(gallery.ids[index])}`);
    draw(Math.floor(place / gallery.about.chunk), gallery.ids[index]);
  };

  const follow = () => {
    const [kind, value = ""] = location.hash.slice(1).split("=");
    let told = value;
    try {
      told = decodeURIComponent(value);
    } catch { /* a broken link is read as it is */ }
    if (kind === "case" && told) go(told);
    else draw(kind === "page" ? Number.parseInt(told, 10) - 1 || 0 : 0);
  };

  const start = () => {
    const some = gallery.drawn.includes("1") && gallery.drawn.includes("0");
    $("drawn-tool").hidden = !some;
    $("drawn").checked = some;
    $("moving").checked = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    const again = () => {
      arrange();
      turnTo(0);
    };
    for (const id of ["order", "first", "second", "drawn"]) $(id).addEventListener("change", again);
    for (const id of ["back", "back-below"]) $(id).addEventListener("click", () => turnTo(gallery.page - 1));
    for (const id of ["forth", "forth-below"]) $(id).addEventListener("click", () => turnTo(gallery.page + 1));
    $("page").addEventListener("change", () => turnTo((Number.parseInt($("page").value, 10) || 1) - 1));
    $("moving").addEventListener("change", move);
    $("tools").addEventListener("submit", (event) => {
      event.preventDefault();
      if ($("goto").value.trim()) go($("goto").value.trim());
    });
    $("systems").addEventListener("change", ({ target }) => {
      const number = Number(target.value);
      gallery.hidden[target.checked ? "delete" : "add"](number);
      for (const box of document.querySelectorAll(`[data-system="${number}"]`)) box.hidden = !target.checked;
    });
    window.addEventListener("hashchange", follow);
    arrange();
    follow();
  };

  return {
    index(about, ids, scores, drawn) {
      Object.assign(gallery, { about, ids, scores, drawn });
      start();
    },
    cases(number, items, rows) {
      waiting.get(number)({ items, rows });
    },
  };
})();
