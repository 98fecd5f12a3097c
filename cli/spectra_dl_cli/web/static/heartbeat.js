// A worker's clock goes on in a page that stands behind others.
let sign = null;
addEventListener("message", (message) => {
  clearInterval(sign);
  const beat = () => fetch(message.data, { method: "POST" }).then(
    (answer) => postMessage(answer.status === 410 ? "gone" : "alive"),
    () => postMessage("stopped"),
  );
  sign = setInterval(beat, 10000);
  beat();
});
