import Foundation

/// What a server sends: an answer, a refusal, or an event.
enum Frame {
    /// A successful answer; its request knows how the data is read.
    case answered(id: Int, data: Data)
    /// A refused request; `id` is nil where the server could not read the request's.
    case refused(id: Int?, error: Wire.ErrorInfo)
    /// An event; nil where this version doesn't know it, which is no mistake: the server may be newer.
    case told(Wire.Notification?)

    private struct Envelope: Decodable {
        var id: Int?
        var ok: Bool?
        var event: String?
        var data: JSON?
        var error: Wire.ErrorInfo?
    }

    private struct Request<Body: Encodable>: Encodable {
        var id: Int
        var method: String
        var data: Body
    }

    /// The text of a request.
    static func text<Body: WireRequest>(id: Int, _ request: Body) throws -> String {
        let frame = Request(id: id, method: Body.method, data: request)
        return String(decoding: try JSONEncoder().encode(frame), as: UTF8.self)
    }

    /// A frame from its text. Throws `DecodingError` for what no server of ours sends.
    init(text: String) throws {
        let envelope = try JSONDecoder().decode(Envelope.self, from: Data(text.utf8))
        let data = try JSONEncoder().encode(envelope.data ?? .object([:]))
        if let event = envelope.event {
            self = .told(try Wire.Notification.decode(event, data, by: JSONDecoder()))
        } else if envelope.ok == true, let id = envelope.id {
            self = .answered(id: id, data: data)
        } else if let error = envelope.error {
            self = .refused(id: envelope.id, error: error)
        } else {
            let why = DecodingError.Context(codingPath: [], debugDescription: "The frame is no answer and no event.")
            throw DecodingError.dataCorrupted(why)
        }
    }
}
