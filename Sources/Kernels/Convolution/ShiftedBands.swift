import CKernels
import Synchronization

/// How many rows of a convolution's output are computed at a time, by the threads there are.
final class ShiftedBands: Sendable {
  typealias Bands = (rows: Int, map: ShiftedMap)

  private let geometry: ConvolutionGeometry
  private let lines: ShiftedMap.Lines
  private let vector: Int
  private let mostRows: Int
  private let known = Mutex<[Int: Bands]>([:])

  /// What a band may take where fewer rows would waste more than the cache gains.
  private static let largestBandBytes = 1 << 20

  init(_ geometry: ConvolutionGeometry, _ level: SIMDLevel) {
    self.geometry = geometry
    lines = ShiftedMap.Lines(geometry)
    vector = convolution_vector(level)
    mostRows = min(lines.rows(inBytes: Self.largestBandBytes), geometry.output.height)
  }

  /// Bytes the largest band can take.
  var largestByteCount: Int { lines.byteCount(bandRows: mostRows) }

  /// The bands that waste least on as many threads.
  func bands(for threads: Int) -> Bands {
    known.withLock { known in
      if let bands = known[threads] { return bands }
      let rows = (1...mostRows).min { (cost($0, threads), $0) < (cost($1, threads), $1) }!
      let bands = (rows, ShiftedMap(lines, bandRows: rows))
      known[threads] = bands
      return bands
    }
  }

  /// In multiply-adds of a panel of 8 channels, a row of a vector each. Fewer than three vectors at a
  /// time leave multipliers idle; a band fetches all weights, which takes four; more than the cache
  /// holds is slower to read; and threads wait for the one that computes most bands.
  private func cost(_ rows: Int, _ threads: Int) -> Double {
    let pixels = (rows - 1) * lines.pitch + geometry.output.width
    let rest = [0, 10, 17, 27][(pixels % (3 * vector) + vector - 1) / vector]
    let band = Double(pixels / (3 * vector) * 24 + rest + 4)
    let bands = (geometry.output.height + rows - 1) / rows * geometry.batch * geometry.groups
    let rounds = (bands + threads - 1) / threads
    let isLarge = lines.byteCount(bandRows: rows) > DirectConvolution.bandBytes
    return Double(rounds) * band * (isLarge ? 1.25 : 1)
  }
}
