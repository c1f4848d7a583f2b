import Images
import Testing

@Suite struct DecodingTests {
  @Test func everyKindIsAmongTheSamples() {
    #expect(Samples.names.filter { $0.hasSuffix(".jpg") }.count == 27)
    #expect(Samples.names.filter { $0.hasSuffix(".png") }.count == 40)
    #expect(Samples.resized.count == 14)
  }

  @Test(arguments: Samples.names)
  func pixelsAreThoseOfOpenCV(name: String) throws {
    let image = try Image(contentsOfFile: Samples.path(name))
    #expect(image == Samples.expected(name))
  }

  @Test(arguments: Samples.resized)
  func resizedPixelsAreThoseOfOpenCV(name: String, width: Int, height: Int) throws {
    let image = try Image(contentsOfFile: Samples.path(name)).resized(width: width, height: height)
    #expect(image == Samples.expected("\(name).\(width)x\(height)"))
  }

  @Test func resizingToItsOwnSizeChangesNothing() throws {
    let image = Samples.expected("baseline-420.jpg")
    #expect(image.resized(width: image.width, height: image.height) == image)
  }
}
