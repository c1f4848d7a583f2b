/// What a mistake in a decode shows in.
package enum Term: String, Sendable, Codable, CaseIterable {
  case center, size
  case objectness
  /// All class probabilities, or products of objectness and class.
  case classes
  /// The score of a row.
  case score
  /// The class of a row.
  case label
  /// Which cells become rows.
  case selection
}
