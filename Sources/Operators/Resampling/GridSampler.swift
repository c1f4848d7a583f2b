import Tensors

/// An element of a map and its part in an interpolated value.
struct GridTap<T: FloatingElement>: BitwiseCopyable {
  var offset: Int
  var weight: T
}

/// Where a grid's positions lie in a map of one to three dimensions, and what they read there.
struct GridSampler: Sendable {
  enum Mode { case nearest, linear, cubic }
  enum Padding: String, CaseIterable { case zeros, border, reflection }

  /// The map's dimensions, outermost first.
  let spatial: [Int]
  let mode: Mode
  let padding: Padding
  /// Whether -1 and 1 are the centres of the outermost elements, not their outer edges.
  let alignsCorners: Bool

  var rank: Int { spatial.count }

  private var tapsPerAxis: Int {
    switch mode {
    case .nearest: 1
    case .linear: 2
    case .cubic: 4
    }
  }

  /// How many elements one value is made of.
  var tapCount: Int { spatial.reduce(1) { count, _ in count * tapsPerAxis } }

  /// Writes ``tapCount`` taps; those outside the map weigh nothing.
  func findTaps<T: FloatingElement>(
    at position: UnsafePointer<T>, into taps: UnsafeMutablePointer<GridTap<T>>
  ) {
    taps.initialize(to: GridTap(offset: 0, weight: 1))
    var count = 1
    withUnsafeTemporaryAllocation(of: GridTap<T>.self, capacity: 4) { along in
      for axis in 0..<rank {
        // The grid names the innermost dimension first.
        findTaps(along: axis, at: position[rank - 1 - axis], into: along)
        for index in (0..<count).reversed() {
          let outer = taps[index]
          for tap in (0..<tapsPerAxis).reversed() {
            taps[index * tapsPerAxis + tap] = GridTap(
              offset: outer.offset * spatial[axis] + along[tap].offset,
              weight: outer.weight * along[tap].weight)
          }
        }
        count *= tapsPerAxis
      }
    }
  }

  private func findTaps<T: FloatingElement>(
    along axis: Int, at position: T, into taps: UnsafeMutableBufferPointer<GridTap<T>>
  ) {
    let length = T(spatial[axis])
    var place =
      alignsCorners ? (position + 1) / 2 * (length - 1) : ((position + 1) * length - 1) / 2
    if mode == .nearest { place.round(.toNearestOrEven) }
    let bounds: (T, T) = alignsCorners ? (0, length - 1) : (-0.5, length - 0.5)
    if !(place >= bounds.0 && place <= bounds.1) {
      switch padding {
      case .zeros: break
      case .border: place = max(min(place, length - 1), 0)
      case .reflection: place = reflected(place, bounds)
      }
    }
    guard place.isFinite else {
      let isOutside = padding == .zeros && !position.isNaN
      for tap in 0..<tapsPerAxis { taps[tap] = GridTap(offset: 0, weight: isOutside ? 0 : .nan) }
      return
    }
    let below = place.rounded(.down)
    let first = mode == .cubic ? below - 1 : below
    for tap in 0..<tapsPerAxis {
      let weight = weight(ofTap: tap, at: place - below)
      taps[tap] = self.tap(at: first + T(tap), weight: weight, length: spatial[axis], bounds)
    }
  }

  private func weight<T: FloatingElement>(ofTap tap: Int, at fraction: T) -> T {
    switch mode {
    case .nearest: return 1
    case .linear: return tap == 0 ? 1 - fraction : fraction
    case .cubic:
      let distance = (T(tap - 1) - fraction).magnitude
      let a: T = -0.75
      return distance <= 1
        ? ((a + 2) * distance - (a + 3)) * distance * distance + 1
        : ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a
    }
  }

  private func tap<T: FloatingElement>(
    at place: T, weight: T, length: Int, _ bounds: (T, T)
  ) -> GridTap<T> {
    if place >= 0, place < T(length) { return GridTap(offset: Int(place), weight: weight) }
    switch padding {
    case .zeros: return GridTap(offset: 0, weight: 0)
    case .border: return GridTap(offset: place < 0 ? 0 : length - 1, weight: weight)
    case .reflection:
      let inside = reflected(place, bounds)
      return GridTap(offset: Int(max(min(inside, T(length - 1)), 0)), weight: weight)
    }
  }

  /// `place` mirrored at the bounds until it is between them.
  private func reflected<T: FloatingElement>(_ place: T, _ bounds: (T, T)) -> T {
    let range = bounds.1 - bounds.0
    guard range > 0 else { return place.isNaN ? place : bounds.0 }
    let isBelow = place < bounds.0
    let distance = isBelow ? bounds.0 - place : place - bounds.1
    let rest = distance.truncatingRemainder(dividingBy: range)
    let turnsBack = (distance / range).rounded(.down).truncatingRemainder(dividingBy: 2) == 0
    return isBelow == turnsBack ? bounds.0 + rest : bounds.1 - rest
  }
}
