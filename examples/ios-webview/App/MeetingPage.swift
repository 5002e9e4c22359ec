import UIKit
import WebKit

/// What is said by a room: its events, and that it can't be reached.
protocol MeetingPageDelegate: AnyObject {
    func meetingPage(_ page: MeetingPage, heard event: String, data: [String: Any])
    func meetingPage(_ page: MeetingPage, failed message: String)
}

/// Why a method of the bridge failed: `code` for programs, `message` for people.
struct BridgeError: Error {
    let code: String
    let message: String
}

/// The page `meeting.html` in a web view: methods of the bridge in, its events out. All of it runs on the main thread.
final class MeetingPage: NSObject, WKScriptMessageHandler, WKNavigationDelegate {
    weak var delegate: MeetingPageDelegate?
    let view: WKWebView
    private let room: URL
    private var calls: [Int: (Result<Any?, BridgeError>) -> Void] = [:]
    private var lastId = 0
    private var isOpen = false

    init(room: URL) {
        let configuration = WKWebViewConfiguration()
        // Pictures stay in the page, and the sound of others begins without a tap.
        configuration.allowsInlineMediaPlayback = true
        configuration.mediaTypesRequiringUserActionForPlayback = []
        self.room = room
        view = WKWebView(frame: .zero, configuration: configuration)
        super.init()
        configuration.userContentController.add(Forwarder(to: self), name: "meetApp")
        view.navigationDelegate = self
        view.scrollView.isScrollEnabled = false
        view.scrollView.contentInsetAdjustmentBehavior = .never
    }

    /// Loads the page under the address of the room's server, so that both are of one origin.
    func load() throws {
        guard let file = Bundle.main.url(forResource: "meeting", withExtension: "html") else { return }
        view.loadHTMLString(try String(contentsOf: file, encoding: .utf8), baseURL: URL(string: "/", relativeTo: room))
    }

    /// Calls a method of the bridge with data as JSON has it; `then` hears its result.
    func call(_ name: String, _ data: Any? = nil, then: @escaping (Result<Any?, BridgeError>) -> Void = { _ in }) {
        lastId += 1
        calls[lastId] = then
        run("Meeting.call(\(lastId), \(MeetingPage.json(name)), \(MeetingPage.json(data)))")
    }

    /// Ends the meeting for this app.
    func close() {
        view.configuration.userContentController.removeScriptMessageHandler(forName: "meetApp")
        view.loadHTMLString("", baseURL: nil)
    }

    func webView(_ webView: WKWebView, didFinish navigation: WKNavigation?) {
        guard !isOpen else { return }
        isOpen = true
        run("Meeting.open(\(MeetingPage.json(room.absoluteString)))")
    }

    /// A link of the room, such as one in its chat, is opened elsewhere: here it would take the meeting's place.
    func webView(
        _ webView: WKWebView,
        decidePolicyFor action: WKNavigationAction,
        decisionHandler: @escaping (WKNavigationActionPolicy) -> Void
    ) {
        let isLink = action.targetFrame?.isMainFrame == true && action.navigationType == .linkActivated
        guard action.targetFrame == nil || isLink else { return decisionHandler(.allow) }
        decisionHandler(.cancel)
        guard let url = action.request.url, ["http", "https", "mailto", "tel"].contains(url.scheme) else { return }
        UIApplication.shared.open(url)
    }

    func userContentController(_ controller: WKUserContentController, didReceive message: WKScriptMessage) {
        // Every frame can post, also one that the room shows of another site.
        let origin = message.frameInfo.securityOrigin
        guard
            message.frameInfo.isMainFrame,
            origin.host == room.host?.lowercased(),
            origin.protocol == room.scheme?.lowercased(),
            let text = message.body as? String,
            let told = (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any]
        else { return }
        switch told["type"] as? String {
        case "event":
            let data = told["data"] as? [String: Any] ?? [:]
            delegate?.meetingPage(self, heard: told["name"] as? String ?? "", data: data)
        case "failed":
            delegate?.meetingPage(self, failed: told["message"] as? String ?? "")
        case "result":
            guard let id = told["id"] as? Int, let then = calls.removeValue(forKey: id) else { return }
            if let error = told["error"] as? [String: String] {
                then(.failure(BridgeError(code: error["code"] ?? "", message: error["message"] ?? "")))
            } else {
                then(.success(told["result"]))
            }
        default:
            break
        }
    }

    private func run(_ script: String) {
        view.evaluateJavaScript(script)
    }

    /// A value as JavaScript reads it.
    private static func json(_ value: Any?) -> String {
        let data = try? JSONSerialization.data(withJSONObject: value ?? NSNull(), options: .fragmentsAllowed)
        return String(decoding: data ?? Data("null".utf8), as: UTF8.self)
    }

    /// The web view keeps its handlers for as long as it lives: this one keeps nobody.
    private final class Forwarder: NSObject, WKScriptMessageHandler {
        private weak var target: WKScriptMessageHandler?

        init(to target: WKScriptMessageHandler) {
            self.target = target
        }

        func userContentController(_ controller: WKUserContentController, didReceive message: WKScriptMessage) {
            target?.userContentController(controller, didReceive: message)
        }
    }
}
