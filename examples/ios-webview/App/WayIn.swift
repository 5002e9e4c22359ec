import SafariServices
import UIKit

/// How a room is shown: what WebRTC there is depends on the version of iOS.
enum WayIn {
    /// Own pages in a web view may use camera and microphone from iOS 14.5 on.
    case webView
    /// Before, only Safari's own view may.
    case safariView
    /// Before iOS 14.3, only Safari itself.
    case safari

    static var ofThisSystem: WayIn {
        if #available(iOS 14.5, *) { return .webView }
        if #available(iOS 14.3, *) { return .safariView }
        return .safari
    }

    /// Shows the room on top of `presenter`.
    func open(_ room: URL, on presenter: UIViewController) {
        switch self {
        case .webView:
            presenter.navigationController?.pushViewController(MeetingViewController(room: room), animated: true)
        case .safariView:
            presenter.present(SFSafariViewController(url: WayIn.embeddingPage(of: room)), animated: true)
        case .safari:
            UIApplication.shared.open(room)
        }
    }

    /// The page of your site that has the room in an iframe (`web/embed.html`), or without one the room itself.
    private static func embeddingPage(of room: URL) -> URL {
        guard
            let address = Bundle.main.object(forInfoDictionaryKey: "EmbeddingPage") as? String,
            var page = URLComponents(string: address),
            page.scheme == "https"
        else { return room }
        let parts = URLComponents(url: room, resolvingAgainstBaseURL: false)
        page.percentEncodedQuery = parts?.percentEncodedQuery
        return page.url ?? room
    }
}
