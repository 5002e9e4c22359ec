"""Media from one router to another, in another process or on another machine: mediasoup's `PipeTransport`."""
