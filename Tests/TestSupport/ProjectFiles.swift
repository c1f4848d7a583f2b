import Foundation

/// The project's own folder, as it was when the tests were built.
package enum ProjectFiles {
  package static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  package static let fixtures = "\(root)/Fixtures"

  /// The text of a page of the manual.
  package static func manual(_ page: String) throws -> String {
    try text("Sources/Verification/Verification.docc/\(page).md")
  }

  package static func text(_ path: String) throws -> String {
    try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
  }
}
