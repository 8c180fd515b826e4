"""The benchmarks by name, each with what it shows."""

BENCHMARKS = {
    "parity": "Whether a job gets what the stock pipeline gives, alone and in company.",
    "batching": "What mixed jobs gain by sharing denoiser calls.",
    "latency": "How long members wait, against first come first.",
    "turbo": "A one-step job with the tiny autoencoder, against the stock pipeline.",
    "vary": "Another job on a source that the engine has seen, against the stock pipeline.",
    "cpu": "The UNet on a CPU by OpenVINO, in float32 and in int8.",
    "drift": "How far a chain of variations strays from where it began.",
    "encode": "How long a result takes to become a file, and how large it is.",
    "handover": "A picture to the engine process and back.",
    "cluster": "What Ray costs a job, what more actors gain, and what kills leave behind.",
    "memory": "Whether an engine that runs for long holds more and more memory.",
}
