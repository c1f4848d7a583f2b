/// The description of what `body` throws, or `nil` when it throws nothing.
package func message(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}
