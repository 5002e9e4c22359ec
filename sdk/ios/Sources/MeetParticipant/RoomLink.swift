import Foundation

/// Where tickets are given, and what the page of this link would send there.
public struct RoomLink: Sendable {
    private let tickets: URL
    private let interface: String
    private let query: String

    /// Reads `https://HOST/call/?roomId=…`; a name that is given counts more than the link's.
    public init(_ link: String, displayName: String? = nil) throws {
        guard
            var parts = URLComponents(string: link.trimmingCharacters(in: .whitespaces)),
            ["http", "https"].contains(parts.scheme),
            case let path = parts.path.split(separator: "/"),
            let last = path.last.map(String.init),
            ["call", "webinar"].contains(last),
            var items = parts.percentEncodedQueryItems,
            items.contains(where: { $0.name == "roomId" || $0.name == "token" })
        else { throw ParticipantError.linkInvalid }
        if let displayName {
            items.removeAll { $0.name == "displayName" }
            let encoded = displayName.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
            items.append(URLQueryItem(name: "displayName", value: encoded))
        }
        parts.percentEncodedQueryItems = items
        interface = last
        query = parts.percentEncodedQuery ?? ""
        parts.query = nil
        parts.path = "/" + (path.dropLast() + ["tickets"]).joined(separator: "/") + "/"
        guard let url = parts.url else { throw ParticipantError.linkInvalid }
        tickets = url
    }

    /// A ticket; `identity` of an earlier one for the same participant.
    func ticket(identity: String) async throws -> Wire.Admission {
        struct Refusal: Decodable { var error: Wire.ErrorInfo }

        var request = URLRequest(url: tickets, timeoutInterval: 8)
        request.httpMethod = "POST"
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.httpBody = try JSONEncoder().encode(
            Wire.TicketRequest(interface: interface, query: query, identity: identity)
        )
        guard
            let (data, response) = try? await URLSession.shared.data(for: request),
            let status = (response as? HTTPURLResponse)?.statusCode,
            status < 500
        else { throw ParticipantError.connectionLost }
        if status >= 400 {
            guard let refusal = try? JSONDecoder().decode(Refusal.self, from: data) else {
                throw ParticipantError.connectionLost
            }
            throw ParticipantError.refused(refusal.error)
        }
        return try JSONDecoder().decode(Wire.Admission.self, from: data)
    }
}
