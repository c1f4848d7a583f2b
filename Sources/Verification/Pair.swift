/// One thing of each of the two graphs.
public struct Pair<Value> {
  public var original: Value
  public var patched: Value

  public init(original: Value, patched: Value) {
    self.original = original
    self.patched = patched
  }

  /// The same for both.
  package init(both value: Value) { self.init(original: value, patched: value) }

  package func map<Result, Failure: Error>(
    _ transform: (Value) throws(Failure) -> Result
  ) throws(Failure) -> Pair<Result> {
    Pair<Result>(original: try transform(original), patched: try transform(patched))
  }

  /// Each side together with that side of `other`.
  package func with<Other>(_ other: Pair<Other>) -> Pair<(Value, Other)> {
    Pair<(Value, Other)>(
      original: (original, other.original), patched: (patched, other.patched))
  }

  /// The original's first.
  package var both: [Value] { [original, patched] }
}

extension Pair: Sendable where Value: Sendable {}
extension Pair: Equatable where Value: Equatable {}
