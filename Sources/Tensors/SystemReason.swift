import FoundationEssentials
import Glibc

/// The system's words for an error number, in lower case.
package func systemReason(_ code: Int32) -> String {
  code == ENOENT ? "no such file" : String(cString: strerror(code)).lowercased()
}

extension Error {
  /// Why a file operation failed: in the system's words, where the error has its number.
  package var fileReason: String {
    if let cause = (self as? CocoaError)?.underlying as? POSIXError {
      return systemReason(cause.code.rawValue)
    }
    return "\(self)"
  }
}
