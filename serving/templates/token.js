// Where the server wants a token: send it with the form, which a browser does not by itself.
// The token stays in this page. It is kept nowhere and is in no address.
document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const token = document.getElementById("token").value;
  const answer = await fetch(form.action, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}` },
    body: new URLSearchParams(new FormData(form)),
  });
  const text = await answer.text();
  if (answer.headers.get("Content-Type").startsWith("text/html")) {
    const page = new DOMParser().parseFromString(text, "text/html");
    document.querySelector("main").replaceWith(page.querySelector("main"));
    document.getElementById("token").value = token;
  } else {
    const refusal = document.createElement("p");
    refusal.className = "wrong";
    refusal.textContent = text;
    document.querySelector(".result").replaceChildren(refusal);
  }
});
