"use strict";
const base = document.body.dataset.base;
const find = (id) => document.getElementById(id);

// The first page: files go to the server one by one, as they are.
const zone = find("drop");
if (zone) {
  const limits = { bytes: Number(document.body.dataset.mostBytes), files: Number(document.body.dataset.mostFiles) };
  for (const name of ["dragover", "dragleave", "drop"]) {
    addEventListener(name, (event) => {
      event.preventDefault();
      zone.classList.toggle("over", event.type === "dragover");
    });
  }
  addEventListener("drop", async (event) => {
    const chosen = [];
    // All of them before any is waited for: the event's own list is empty after that.
    const items = [...event.dataTransfer.items].map((item) => [item.webkitGetAsEntry?.(), item.getAsFile()]);
    for (const [entry, file] of items) {
      if (entry) await gather(entry, "", chosen);
      else if (file) chosen.push({ name: file.name, file });
    }
    send(chosen);
  });
  find("files").addEventListener("change", (event) => send([...event.target.files].map((file) => ({ name: file.name, file }))));
  find("folder").addEventListener("change", (event) => send([...event.target.files].map((file) => ({ name: file.webkitRelativePath, file }))));

  async function gather(entry, folder, chosen) {
    if (chosen.length > limits.files) return;
    if (entry.isFile) {
      const file = await new Promise((done, failed) => entry.file(done, failed));
      chosen.push({ name: folder + entry.name, file });
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const parts = await new Promise((done, failed) => reader.readEntries(done, failed));
      if (!parts.length) return;
      for (const part of parts) await gather(part, `${folder}${entry.name}/`, chosen);
    }
  }

  async function send(chosen) {
    find("problem").hidden = true;
    // What a file system hides, such as .DS_Store, is no data, but for what a zarr folder says of its arrays.
    chosen = chosen.filter(({ name }) => !name.split("/").pop().startsWith(".") || /^[^/]+\.zarr\/(.+\/)?\.z(array|attrs|group|metadata)$/i.test(name));
    if (!chosen.length) return refuse("no file came; drop a file of spectra");
    const bytes = chosen.reduce((sum, { file }) => sum + file.size, 0);
    if (bytes > limits.bytes) return refuse(`more than ${Math.floor(limits.bytes / 2 ** 20)} MB in one drop; predict such files with the command line, which has no limit`);
    if (chosen.length > limits.files) return refuse(`more than ${limits.files} files in one drop; give a table, or use the command line`);
    find("sending").hidden = false;
    let url = null;
    try {
      url = (await asked(`${base}/drops?kind=${zone.dataset.kind}`, { method: "POST" })).url;
      let sent = 0;
      for (const { name, file } of chosen) {
        find("sent").textContent = `Sending ${sent + 1} of ${chosen.length}`;
        await asked(`${url}/files?name=${encodeURIComponent(name)}`, { method: "PUT", body: file });
        find("progress").value = ++sent / chosen.length;
      }
      await fetch(`${url}/read`, { method: "POST", redirect: "manual" });
      location.assign(url);
    } catch (problem) {
      if (url) navigator.sendBeacon(`${url}/left`);
      refuse(problem.message);
    }
  }

  function refuse(sentence) {
    find("sending").hidden = true;
    find("sentence").textContent = sentence;
    find("problem").hidden = false;
    for (const id of ["files", "folder"]) find(id).value = "";
  }
}

async function asked(url, request) {
  let answer;
  try {
    answer = await fetch(url, request);
  } catch {
    throw new Error("the server does not answer; look at the terminal in which spectra-dl serve runs");
  }
  const said = answer.status === 204 ? {} : await answer.json();
  if (!answer.ok) throw new Error(said.error);
  return said;
}

// The page of a drop: signs of life, progress, reports as high as they are, and the slider.
const work = find("work");
if (work) {
  const drop = work.dataset.drop;
  const heart = new Worker(`${base}/heartbeat.js`);
  heart.addEventListener("message", ({ data }) => {
    if (data === "gone") location.reload();
    find("ended").hidden = data !== "stopped";
  });
  heart.postMessage(`${drop}/alive`);
  addEventListener("pagehide", () => navigator.sendBeacon(`${drop}/left`));
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  if (work.dataset.busy) look();

  async function look() {
    try {
      // Answered when there is news, or after a moment.
      const state = await asked(`${drop}/state?stamp=${work.dataset.stamp}`);
      if (!state.busy || state.stamp !== work.dataset.stamp) return location.reload();
      find("doing").textContent = state.text;
      if (state.total) Object.assign(find("done"), { max: state.total, value: state.done });
      look();
    } catch (problem) {
      find("doing").textContent = problem.message;
      setTimeout(look, 1000);
    }
  }

  for (const frame of document.querySelectorAll("iframe.report")) {
    const fit = () => {
      const page = frame.contentDocument?.documentElement;
      if (page) frame.style.height = `${page.scrollHeight + 4}px`;
    };
    const shown = () => {
      fit();
      frame.contentDocument?.addEventListener("toggle", fit, true);
    };
    frame.addEventListener("load", shown);
    // It may have come before this script.
    if (frame.contentDocument?.readyState === "complete" && frame.contentDocument.URL !== "about:blank") shown();
    addEventListener("resize", fit);
  }

  if (find("live")) {
    let wanted = false, drawing = false;
    const draw = async () => {
      wanted = true;
      if (drawing) return;
      drawing = true;
      while (wanted) {
        wanted = false;
        const power = find("power").value;
        const asks = new URLSearchParams({ spectrum: find("spectrum").value, method: find("method").value, power });
        if (find("view").clientWidth < 640) asks.set("narrow", "yes");
        find("lam").textContent = Number(Number(10 ** power).toPrecision(3)).toLocaleString("en");
        try {
          const view = await asked(`${drop}/view?${asks}`);
          find("view").innerHTML = view.html;
          find("correct").textContent = view.command;
        } catch (problem) {
          find("view").textContent = problem.message;
        }
      }
      drawing = false;
    };
    for (const id of ["spectrum", "method", "power"]) find(id).addEventListener("input", draw);
    const width = matchMedia("(max-width: 44rem)");
    width.addEventListener("change", draw);
    const fold = find("live").closest("details");
    if (fold) fold.addEventListener("toggle", draw);
    else draw();
  }

  if (find("maps")) {
    const strength = () => {
      for (const spots of document.querySelectorAll("#map .spots")) spots.style.opacity = find("strength").value / 100;
    };
    const run = find("maps").dataset.run ? { run: find("maps").dataset.run } : {};
    const draw = async (gene) => {
      try {
        const map = await asked(`${drop}/maps?${new URLSearchParams({ gene, ...run })}`);
        find("map").innerHTML = map.html;
        find("gene").value = map.gene;
        if (find("same")) find("same").textContent = map.command;
        strength();
      } catch (problem) {
        find("map").textContent = problem.message;
      }
    };
    const offer = async () => {
      const names = await asked(`${drop}/genes?${new URLSearchParams({ like: find("gene").value, ...run })}`);
      find("genes").replaceChildren(...names.map((name) => new Option(name, name)));
      if (names.includes(find("gene").value)) draw(find("gene").value);
    };
    find("gene").addEventListener("input", offer);
    find("gene").addEventListener("change", () => draw(find("gene").value));
    find("gene").addEventListener("focus", () => find("gene").select());
    find("strength").addEventListener("input", strength);
    find("maps").addEventListener("click", ({ target }) => target.dataset.gene && draw(target.dataset.gene));
    draw(find("gene").value);
  }
}
