// The account graph: places and links come from the server, sigma draws them; one slider says how many
// of each account's strongest links are shown, the other leaves weak ones out.
"use strict";
(() => {
  const canvas = document.getElementById("graph-canvas");
  if (!canvas) return;
  const slider = document.getElementById("graph-weight");
  const each = document.getElementById("graph-each");
  const said = document.getElementById("graph-said");
  const find = document.getElementById("graph-find");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const tone = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  // sigma paints on a bare canvas: links are drawn paler by mixing them into the paper.
  const mixed = (colour, share) => {
    const paper = tone("--paper");
    const part = (hex, n) => parseInt(hex.slice(1 + 2 * n, 3 + 2 * n), 16);
    const one = (n) => Math.round(share * part(colour, n) + (1 - share) * part(paper, n)).toString(16).padStart(2, "0");
    return `#${one(0)}${one(1)}${one(2)}`;
  };
  const odds = (weight) => {
    if (weight === 0) return "even";
    if (weight < 0) return `1 to ${Math.round(2 ** -weight).toLocaleString("en")}`;
    const ratio = 2 ** weight;
    return ratio < 1e6 ? `${Math.round(ratio).toLocaleString("en")} to 1` : `${ratio.toExponential(0).replace("e+", " × 10^")} to 1`;
  };
  let least = Number(slider.value);
  let most = 0;
  let steps = [0];
  let whole = true;
  const tellOdds = () => {
    document.getElementById("graph-odds").textContent = odds(least);
    slider.setAttribute("aria-valuetext", odds(least));
  };
  const tellEach = () => {
    const all = whole && most === steps[steps.length - 1];
    const words = all ? "all" : most === 0 ? "that hold it together" : `${most} of each account`;
    document.getElementById("graph-each-said").textContent = words;
    each.setAttribute("aria-valuetext", words);
  };
  let chosen = null;
  let near = new Set();

  const draw = (data) => {
    const graph = new graphology.Graph({ type: "undirected" });
    const colours = () => data.families.map((family) => {
      const item = document.querySelector(`#graph-key [data-family="${CSS.escape(family)}"]`);
      return item ? getComputedStyle(item).getPropertyValue("--hue").trim() : tone("--hue-0");
    });
    let hues = colours();
    data.nodes.forEach((node, n) => graph.addNode(n, { label: node.id, x: 1.9 * node.x, y: node.y, size: 4, apart: node.apart }));
    const weights = data.edges.map((edge) => edge[2]).sort((a, b) => b - a);
    slider.min = String(Math.floor(Math.min(0, weights[weights.length - 1] ?? 0)));
    slider.max = String(Math.ceil(Math.max(10, weights[0] ?? 0)));
    least = Number(slider.min);
    slider.value = String(least);
    tellOdds();
    // To begin with no more than about three links an account: more is a hairball, and the slider adds them.
    const ranks = data.edges.map((edge) => edge[4]).sort((a, b) => a - b);
    const within = (rank) => data.edges.reduce((n, edge) => n + (edge[4] <= rank), 0);
    const last = ranks[ranks.length - 1] ?? 0;
    steps = [0];
    whole = data.links <= data.edges.length;
    // An account's strongest link is always one of those that hold the graph together.
    for (let next = 2; next < last; next = Math.max(next + 1, Math.round(1.4 * next))) steps.push(next);
    if (last > 0) steps.push(last);
    each.max = String(Math.max(1, steps.length - 1));
    each.disabled = steps.length < 2;
    let begin = 0;
    while (begin + 1 < steps.length && within(steps[begin + 1]) <= Math.max(30, 3 * data.nodes.length)) begin += 1;
    each.value = String(begin);
    most = steps[begin];
    tellEach();
    const heaviest = Math.max(1, weights[0] ?? 1);
    const size = data.nodes.length > 1500 ? 2 : data.nodes.length > 200 ? 4 : 7;
    data.edges.forEach(([a, b, weight, kind, rank]) => {
      if (a !== b && !graph.hasEdge(a, b)) graph.addEdge(a, b, { weight, kind, rank });
    });
    const used = new Set(data.edges.map((edge) => edge[3]));
    data.families.forEach((family, n) => {
      const item = document.querySelector(`#graph-key [data-family="${CSS.escape(family)}"]`);
      if (item && used.has(n)) item.hidden = false;
    });
    const sigma = new Sigma(graph, canvas, {
      labelFont: getComputedStyle(document.body).fontFamily,
      labelSize: 12,
      labelColor: { color: tone("--ink") },
      labelRenderedSizeThreshold: data.nodes.length > 60 ? 9 : 5,
      hideEdgesOnMove: data.edges.length > 4000,
      zIndex: true,
      defaultDrawNodeHover: (context, node, settings) => {
        context.font = `600 13px ${settings.labelFont}`;
        const width = context.measureText(node.label).width;
        context.fillStyle = tone("--wash");
        context.fillRect(node.x + node.size + 2, node.y - 11, width + 10, 22);
        context.fillStyle = tone("--ink");
        context.fillText(node.label, node.x + node.size + 7, node.y + 5);
      },
      nodeReducer: (node, attributes) => {
        const faded = chosen !== null && !near.has(node);
        const base = attributes.apart ? mixed(tone("--soft"), 0.45) : tone("--accent");
        return {
          ...attributes,
          size: node === chosen ? size * 1.6 : size,
          color: faded ? mixed(base, 0.2) : base,
          label: faded ? "" : attributes.label,
          forceLabel: node === chosen,
          zIndex: faded ? 0 : 1,
        };
      },
      edgeReducer: (edge, attributes) => {
        const [a, b] = graph.extremities(edge);
        const aside = chosen !== null && a !== chosen && b !== chosen;
        const hue = attributes.kind < 0 ? tone("--hue-0") : hues[attributes.kind];
        const strong = Math.max(0, Math.min(1, attributes.weight / heaviest));
        // Of an account that was chosen all links are shown.
        const left = chosen === null && attributes.rank > most;
        return { hidden: attributes.weight < least || aside || left, color: mixed(hue, 0.3 + 0.6 * strong), size: (data.edges.length > 4000 ? 0.4 : 0.9) + 2.6 * strong };
      },
    });
    const choose = (node) => {
      chosen = node;
      near = new Set(node === null ? [] : [node, ...graph.filterNeighbors(node, (other) => graph.getEdgeAttribute(graph.edge(node, other), "weight") >= least)]);
      tell();
      sigma.refresh();
    };
    const card = document.getElementById("graph-card");
    const place = new Map(data.nodes.map((node, n) => [node.id, n]));
    const line = (...parts) => {
      const made = document.createElement("p");
      made.append(...parts);
      return made;
    };
    const link = (id) => {
      const made = document.createElement("a");
      made.className = "id";
      made.href = canvas.dataset.account + encodeURIComponent(id);
      made.textContent = id;
      return made;
    };
    // Accounts beyond the campaign come round the one that was clicked, and stay until the page is left.
    const expand = (node, beyond) => {
      const { x, y } = graph.getNodeAttributes(node);
      beyond.forEach((one, n) => {
        const key = place.get(one.id) ?? graph.order;
        if (!place.has(one.id)) {
          place.set(one.id, key);
          const turn = (2 * Math.PI * n) / beyond.length;
          graph.addNode(key, { label: one.id, x: x + 0.12 * Math.cos(turn), y: y + 0.12 * Math.sin(turn), size: 4, apart: true });
        }
        if (!graph.hasEdge(Number(node), key)) graph.addEdge(Number(node), key, { weight: one.weight, kind: data.families.indexOf(one.family), rank: 0 });
      });
      choose(node);
    };
    const describe = (node) => {
      card.hidden = node === null;
      card.replaceChildren();
      if (node === null) return;
      const id = graph.getNodeAttribute(node, "label");
      card.append(line(link(id)));
      fetch(canvas.dataset.neighbours + encodeURIComponent(id), { headers: { Accept: "application/json" } })
        .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(String(answer.status)))))
        .then((found) => {
          if (chosen !== node) return;
          const count = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;
          const flagged = found.links.filter((one) => one.verdict === "review" || one.verdict === "act");
          const byFamily = new Map();
          flagged.forEach((one) => one.family && byFamily.set(one.family, (byFamily.get(one.family) ?? 0) + 1));
          const shares = [...byFamily].sort((a, b) => b[1] - a[1]).map(([family, n]) => `by ${family} most with ${n}`);
          card.append(line(`Linked to ${count(found.total, "account")}, of the strongest ${found.links.length} to ${count(flagged.length, "account")} in review or worse${shares.length ? `: ${shares.join(", ")}` : ""}.`));
          const beyond = found.links.filter((one) => !place.has(one.id));
          if (!beyond.length) return;
          const button = document.createElement("button");
          button.type = "button";
          button.textContent = `Show ${count(beyond.length, "account")} beyond this campaign`;
          button.addEventListener("click", () => {
            button.remove();
            expand(node, beyond);
          });
          card.append(button);
        })
        .catch(() => card.append(line("Its links cannot be looked up just now.")));
    };
    const tell = () => {
      const shown = data.edges.filter((edge) => edge[2] >= least && edge[4] <= most).length;
      const part = data.nodes.length < data.total ? ` of ${data.total.toLocaleString("en")}, the busiest` : "";
      said.textContent = chosen === null
        ? `${data.nodes.length.toLocaleString("en")} accounts${part}, ${shown.toLocaleString("en")} of ${data.links.toLocaleString("en")} links drawn`
        : `${graph.getNodeAttribute(chosen, "label")}: ${near.size - 1} links`;
      canvas.dataset.links = String(shown);
    };
    const open = (node) => location.assign(canvas.dataset.account + encodeURIComponent(graph.getNodeAttribute(node, "label")));
    sigma.on("clickNode", ({ node }) => {
      choose(chosen === node ? null : node);
      describe(chosen);
    });
    sigma.on("doubleClickNode", (event) => {
      event.preventSigmaDefault();
      open(event.node);
    });
    sigma.on("clickStage", () => {
      choose(null);
      describe(null);
    });
    slider.addEventListener("input", () => {
      least = Number(slider.value);
      tellOdds();
      choose(chosen);
    });
    each.addEventListener("input", () => {
      most = steps[Number(each.value)];
      tellEach();
      choose(chosen);
    });
    find.addEventListener("input", () => {
      const text = find.value.trim().toLowerCase();
      const node = text ? graph.findNode((_, attributes) => attributes.label.toLowerCase().includes(text)) : undefined;
      choose(node ?? null);
      describe(node ?? null);
      if (node !== undefined) sigma.getCamera().animate({ ...sigma.getNodeDisplayData(node), ratio: 0.5 });
    });
    find.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && chosen !== null) open(chosen);
    });
    dark.addEventListener("change", () => {
      hues = colours();
      sigma.setSetting("labelColor", { color: tone("--ink") });
      sigma.refresh();
    });
    tell();
    canvas.dataset.drawn = "yes";
  };

  tellOdds();
  said.textContent = "Loading…";
  fetch(canvas.dataset.graph, { headers: { Accept: "application/json" } })
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(String(answer.status)))))
    .then((data) => {
      if (data.nodes.length) draw(data);
      else said.textContent = "No account to draw.";
    })
    .catch((error) => {
      said.textContent = "The graph cannot be drawn here; the members are in the table below.";
      canvas.dataset.drawn = "no";
      console.warn("graph", error.message);
    });
})();
